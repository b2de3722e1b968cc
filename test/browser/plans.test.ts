/** Plan files that Node compiled, on every device that Chromium has: a DDIM step, and the UNet of `goldens/unet-a` with its gradient. */

import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deviceProgramOf } from "../../compiler/compile.ts";
import { compilePlan } from "../../compiler/compile-plan.ts";
import type { ReadOptions } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import { type Tensor, tensor } from "../../dsl/index.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { noise } from "../../dsl/testing/noise.ts";
import { encodePlan } from "../../runtime/plan-file.ts";
import { ddimStep, sensitivity } from "../programs/ddim.ts";
import { tensorsIn } from "../support/compiled.ts";
import { elements, largestGap, scaleOf } from "../support/evaluator-probes.ts";
import { openCase, readingOf } from "../support/network-cases.ts";
import { launchChromium, noBrowser } from "./chromium.ts";
import { openPage } from "./page.ts";
import type { PlanRun } from "./pages/plans.ts";

const devices = [
  ["wasm", { kind: "wasm", threads: 1 }, /^wasm, 1 thread$/],
  ["wasm", { kind: "wasm", threads: 2 }, /^wasm, 2 threads$/],
  ["software", { kind: "webgpu", software: true }, /swiftshader/i],
] as const;

/** A function of a file, called: the parameters named in `bind` are its first. */
interface Case {
  readonly file: string;
  readonly name: string;
  readonly options: ReadOptions;
  readonly bind: readonly string[];
  readonly args: readonly unknown[];
  readonly due: AnyTensor;
  /** Of the largest magnitude. */
  readonly tolerance: number;
}

const next = noise(5);
const image = (): AnyTensor =>
  tensor({ dtype: "f32", shape: [3, 64, 64], data: Float32Array.from({ length: 3 * 64 * 64 }, () => 2 * next()) });
const [x, eps] = [image() as Tensor<[3, 64, 64]>, image() as Tensor<[3, 64, 64]>];
const [a, aPrev] = [tensor(0.6, "f32"), tensor(0.7, "f32")];
const ddim = fileURLToPath(new URL("../programs/ddim.ts", import.meta.url));
const steps = { file: ddim, options: {}, bind: [], tolerance: 1e-6 } as const;

const network = async (title: string): Promise<Case> => {
  const one = await openCase(title);
  const args = tensorsIn(Object.values(one.args));
  return {
    file: one.source,
    name: one.entry,
    options: readingOf(one),
    bind: ["params"],
    args,
    due: one.due,
    tolerance: 2e-4,
  };
};

const cases: readonly Case[] = [
  { ...steps, name: "ddimStep", args: [x, eps, a, aPrev], due: ddimStep(x, eps, a, aPrev) },
  { ...steps, name: "sensitivity", args: [eps, x, a, aPrev], due: sensitivity(eps, x, a, aPrev) },
  await network("out of unet-a"),
  await network("grad.x of unet-a"),
];

const sources = openSources();

/** The plan and the elements that it is called with, as files. */
const filesOf = async ({ file, name, options, bind, args }: Case, device: "wasm" | "software") => {
  const { program, signature } = deviceProgramOf(sources, file, name, options);
  const plan = await compilePlan(name, program, signature, { device, bind });
  const data = tensorsIn(args).map((each) => elements(each) as Float32Array);
  return {
    "/run.plan": encodePlan(plan),
    "/elements": new Uint8Array(await new Blob(data as BlobPart[]).arrayBuffer()),
  };
};

describe.skipIf(noBrowser())("plan files in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  }, 120_000);
  afterAll(() => browser?.close());

  describe.each(cases)("$name", (one) => {
    const files = new Map<string, ReturnType<typeof filesOf>>();

    it.each(devices)(
      "on %s, %o",
      async (device, options, description) => {
        const making = files.get(device) ?? filesOf(one, device);
        files.set(device, making);
        const page = await openPage({ browser, files: await making });
        const ran = await page.call<PlanRun>("/test/browser/pages/plans.ts", "run", options, "/run.plan", "/elements");
        expect(ran.description).toMatch(description);
        const found = tensor({ dtype: "f32", shape: one.due.shape, data: ran.result });
        expect(largestGap(found, one.due)).toBeLessThan(one.tolerance * scaleOf(elements(one.due)));
        expect(page.log).toEqual([]);
        await page.close();
      },
      120_000,
    );
  });
});
