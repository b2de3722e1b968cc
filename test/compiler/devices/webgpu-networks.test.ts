/** ADM's networks compiled for WebGPU, as SwiftShader computes them, against the numbers of the original. */

import { describe, expect, it } from "vitest";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { resultsOf, webgpuPlan } from "../../support/device-plan.ts";
import { elements, largestGap } from "../../support/evaluator-probes.ts";
import { openCase, operandsOf, readCase, weightsOf } from "../../support/network-cases.ts";
import { openTestGpu } from "../../support/webgpu.ts";
import { openWebgpuRunner } from "../../support/webgpu-stage.ts";

const device = await openTestGpu();

// A software adapter takes seconds to build the kernels of a network: these have every layer, pool and order between them.
const titles = [
  "out of unet-a",
  "grad.x of unet-a",
  "logits of classifier-attention",
  "grad.x of classifier-attention",
  "logits of classifier-spatial_v2",
  "out_odd of superres",
] as const;

describe.skipIf(device === undefined)("a network on WebGPU", async () => {
  const runner = openWebgpuRunner(device as GPUDevice);

  it.each(titles)("gives the stored %s, its weights bound", async (title) => {
    const one = await openCase(title);
    const { program } = readCase(one);
    const isBound = (i: number): boolean => i < weightsOf(one);
    const values = operandsOf(one).map(elements);
    const bound = values.filter((_, i) => isBound(i));
    const args = values.filter((_, i) => !isBound(i));
    const [results] = await runner.run([{ plan: webgpuPlan(program, "software", isBound), args, bound }]);
    const found = resultsOf(program, results as readonly ArrayLike<number>[]).at(-1) as AnyTensor;
    expect(found.shape).toEqual(one.due.shape);
    expect(largestGap(found, one.due)).toBeLessThan(2e-4 * one.scale);
  });

  it.each(["out of unet-a", "grad.x of classifier-attention"])(
    "gives a plan for graphics processors that is valid: %s",
    async (title) => {
      const one = await openCase(title);
      await runner.validate(webgpuPlan(readCase(one).program, "webgpu", (i) => i < weightsOf(one)));
    },
  );
});
