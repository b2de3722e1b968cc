/** The runtime in Chromium: both devices, and a page that has no shared memory. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePlan } from "../../runtime/plan-file.ts";
import { launchChromium, noBrowser } from "../browser/chromium.ts";
import { openPage } from "../browser/page.ts";
import type { PageRun } from "./pages.ts";
import { stepsOf, stepsPlan } from "./plans.ts";

describe.skipIf(noBrowser())("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 120_000);
  afterAll(() => browser?.close());

  test.each([
    ["wasm", true, /^wasm, \d+ threads?$/],
    ["wasm", false, /^wasm, 1 thread, no shared memory$/],
    ["webgpu", true, /swiftshader/i],
  ] as const)("%s runs a plan file; isolated: %s", async (kind, isolated, description) => {
    const files = { "/steps.plan": encodePlan(stepsPlan(kind, 9)) };
    const page = await openPage({ browser, isolated, files });
    const data = Float32Array.from({ length: 100 }, (_, i) => i);
    const ran = await page.call<PageRun>("/test/runtime/pages.ts", "run", kind, "/steps.plan", data);
    expect(ran.description).toMatch(description);
    expect(ran.values).toEqual(Array.from(data, (value) => stepsOf(value, 9)));
    expect(ran.steps).toEqual(Array.from({ length: 9 }, (_, i) => `${i + 1}/9`));
    expect(ran.timings === 3 || (kind === "webgpu" && ran.timings === 0)).toBe(true);
    expect(ran.aborted).toBe("ended");
    expect(page.log).toEqual([]);
    await page.close();
  });
});
