/** ADM's UNet compiled for WebGPU, as SwiftShader computes it, against the numbers of the original: `goldens/unet-a`. */

import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { pullback } from "../../../compiler/grad.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { specOf } from "../../support/compiled.ts";
import { resultsOf, webgpuPlan } from "../../support/device-plan.ts";
import { elements } from "../../support/evaluator-probes.ts";
import { configuration, difference, largest, load, elements as numbers } from "../../support/unet-golden.ts";
import { openTestGpu } from "../../support/webgpu.ts";
import { openWebgpuRunner } from "../../support/webgpu-stage.ts";

const device = await openTestGpu();

describe.skipIf(device === undefined)("the UNet of goldens/unet-a on WebGPU", async () => {
  const parameters = await load("unet-a.weights.safetensors");
  const stored = await load("unet-a.safetensors");
  const at = (name: string): AnyTensor => stored[name] as AnyTensor;
  const weights = Object.keys(parameters).length;
  const [x, t, y] = [at("in.x"), at("in.t"), at("in.y")];
  const specs = { p: specOf(parameters), x: specOf(x), t: specOf(t), y: specOf(y) };
  const operands = [...Object.values(parameters), x, t, y];
  const file = fileURLToPath(new URL("../../programs/unet.ts", import.meta.url));
  const { program } = readProgram(openSources(), file, "unet", { specs, statics: { config: configuration() } });
  const runner = openWebgpuRunner(device as GPUDevice);

  /** The last result. */
  const run = async (program: Program, args: readonly AnyTensor[], isBound: (i: number) => boolean) => {
    const values = args.map(elements);
    const bound = values.filter((_, i) => isBound(i));
    const open = values.filter((_, i) => !isBound(i));
    const [results] = await runner.run([{ plan: webgpuPlan(program, "software", isBound), args: open, bound }]);
    return resultsOf(program, results as readonly ArrayLike<number>[]).at(-1) as AnyTensor;
  };
  const expectNear = (found: AnyTensor, wanted: AnyTensor): void => {
    expect(found.shape).toEqual(wanted.shape);
    expect(largest(difference(found, wanted))).toBeLessThan(2e-4 * largest(numbers(wanted)));
  };

  it("gives the stored output, its weights bound", async () => {
    expectNear(await run(program, operands, (i) => i < weights), at("out"));
  }, 120_000);

  it("gives the stored gradient by its input", async () => {
    const gradient = pullback(
      program,
      program.parameters.map((_, i) => i === weights),
    );
    expectNear(await run(gradient, [...operands, at("in.cotangent")], () => false), at("grad.x"));
  }, 120_000);

  it("is valid for graphics processors", async () => {
    await runner.validate(webgpuPlan(program, "webgpu", (i) => i < weights));
  });
});
