/** ADM's networks compiled for WebAssembly, against the numbers of the original. */

import { describe, expect, test } from "vitest";
import { pullback } from "../../../compiler/grad.ts";
import type { Program } from "../../../compiler/ir/program.ts";
import * as random from "../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import type { UNetConfig } from "../../../examples/guided-diffusion/networks/config.ts";
import { largestGap } from "../../support/evaluator-probes.ts";
import {
  type NetworkCase,
  networkTitles,
  openCase,
  operandsOf,
  readCase,
  runDirectly,
  weightsOf,
} from "../../support/network-cases.ts";
import { openGolden, wrongGradients } from "../../support/network-golden.ts";
import { wasmPlanOf, wasmStage } from "../../support/wasm-stage.ts";

describe("a network on WebAssembly, its weights bound, gives the stored", () => {
  test.each(networkTitles())("%s", async (title) => {
    const one = await openCase(title);
    const bind = (i: number): boolean => i < weightsOf(one);
    const [output] = wasmStage(readCase(one).program, { parts: [1, 3], bind }).run(operandsOf(one)) as [AnyTensor];
    expect(output.shape).toEqual(one.due.shape);
    expect(largestGap(output, one.due)).toBeLessThan(one.tolerance);
  });
});

/** The gradient of ⟨unet(x), ct⟩ by x and the parameters; t and y are integers. */
const gradientOf = (program: Program): Program =>
  pullback(
    program,
    program.parameters.map(({ type }) => type.dtype === "f32"),
  );

describe("the UNet of goldens/unet-a on WebAssembly", async () => {
  const golden = await openGolden("unet-a");
  const one = await openCase("out of unet-a");
  const { program } = readCase(one);
  const changed = (config: Partial<UNetConfig>, dropout?: random.Key): NetworkCase => ({
    ...one,
    args: { ...one.args, config: { ...golden.config, ...config }, dropout },
  });

  test("gives the stored output, its weights open", () => {
    const [output] = wasmStage(program, { parts: [1, 3] }).run(operandsOf(one)) as [AnyTensor];
    expect(largestGap(output, one.due)).toBeLessThan(one.tolerance);
  });

  test.each([false, true])(
    "gives the stored gradients, those of parameters within 1e-3 of the largest magnitude of each; checkpointed: %s",
    (checkpoint) => {
      const gradient = gradientOf(readCase(changed({ checkpoint })).program);
      const operands = [...operandsOf(one), golden.at("in.cotangent")];
      const [, ...found] = wasmStage(gradient, { parts: [1, 2] }).run(operands);
      const keys = Object.keys(golden.parameters);
      expect(found.length).toBe(keys.length + 1);
      expect(largestGap(found.at(-1) as AnyTensor, golden.at("grad.x"))).toBeLessThan(golden.tolerance("grad.x"));
      const gradients = Object.fromEntries(keys.map((key, i) => [key, found[i] as AnyTensor]));
      expect(wrongGradients(golden, gradients)).toEqual([]);
    },
    60_000,
  );

  test("needs less memory for its gradient where blocks are checkpointed", () => {
    const peak = (checkpoint: boolean): number =>
      wasmPlanOf(gradientOf(readCase(changed({ checkpoint })).program)).memory.call;
    expect(peak(true)).toBeLessThan(0.8 * peak(false));
  });

  test("drops the features that it drops when it is run directly", () => {
    const dropping = changed({ dropout: 0.5 }, random.key(1));
    const [output] = wasmStage(readCase(dropping).program).run(operandsOf(dropping)) as [AnyTensor];
    expect(largestGap(output, runDirectly(dropping))).toBeLessThan(one.tolerance);
    expect(largestGap(output, one.due)).toBeGreaterThan(0.1);
  });
});
