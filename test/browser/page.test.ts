/** Chromium out of its npm package: isolated pages, and WebGPU on SwiftShader. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchChromium, noBrowser } from "./chromium.ts";
import { openPage } from "./page.ts";
import type { Surroundings } from "./pages/adapter.ts";

const adapter = "/test/browser/pages/adapter.ts";

describe.skipIf(noBrowser())("a page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 120_000);
  afterAll(() => browser?.close());

  test("is isolated, has shared memory, relaxed SIMD and a SwiftShader adapter", async () => {
    const page = await openPage({ browser });
    const found = await page.call<Surroundings>(adapter, "surroundings");
    expect(found).toMatchObject({ isolated: true, sharedMemory: true, relaxedSimd: true });
    expect(found.adapter).toMatch(/swiftshader/i);
    await page.close();
  });

  test("is not isolated where it is not asked for", async () => {
    const page = await openPage({ browser, isolated: false });
    expect(await page.call(adapter, "surroundings")).toMatchObject({ isolated: false, sharedMemory: false });
    await page.close();
  });

  test("takes and gives typed arrays, and files", async () => {
    const module = "export const read = async () => [...new Uint8Array(await (await fetch('/bytes')).arrayBuffer())];";
    const page = await openPage({ browser, files: { "/bytes": Uint8Array.of(1, 2, 3), "/read.js": module } });
    expect(await page.call(adapter, "doubled", Float32Array.of(1, 2.5))).toEqual(Float32Array.of(2, 5));
    expect(await page.call("/read.js", "read")).toEqual([1, 2, 3]);
    await page.close();
  });

  test("imports the runtime as it lies in the project", async () => {
    const page = await openPage({ browser });
    await expect(page.call("/runtime/index.ts", "openDevice", "cpu")).rejects.toThrow("cpu is no device");
    await page.close();
  });

  test("says what the page threw", async () => {
    const page = await openPage({
      browser,
      files: { "/bad.js": "export const fail = () => { throw new Error('so'); };" },
    });
    await expect(page.call("/bad.js", "fail")).rejects.toThrow("so");
    await page.close();
  });
});
