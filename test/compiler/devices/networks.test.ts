/** ADM's networks compiled for WebAssembly, against the numbers of the original. */

import { describe, expect, test } from "vitest";
import { pullback } from "../../../compiler/grad.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { largestGap } from "../../support/evaluator-probes.ts";
import { networkTitles, openCase, operandsOf, readCase, weightsOf } from "../../support/network-cases.ts";
import { openGolden, wrongGradients } from "../../support/network-golden.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

describe("a network on WebAssembly, its weights bound, gives the stored", () => {
  test.each(networkTitles())("%s", async (title) => {
    const one = await openCase(title);
    const bind = (i: number): boolean => i < weightsOf(one);
    const [output] = wasmStage(readCase(one).program, { parts: [1, 3], bind }).run(operandsOf(one)) as [AnyTensor];
    expect(output.shape).toEqual(one.due.shape);
    expect(largestGap(output, one.due)).toBeLessThan(one.tolerance);
  });
});

describe("the UNet of goldens/unet-a on WebAssembly", async () => {
  const golden = await openGolden("unet-a");
  const one = await openCase("out of unet-a");
  const { program } = readCase(one);

  test("gives the stored output, its weights open", () => {
    const [output] = wasmStage(program, { parts: [1, 3] }).run(operandsOf(one)) as [AnyTensor];
    expect(largestGap(output, one.due)).toBeLessThan(one.tolerance);
  });

  test("gives the stored gradients, those of parameters within 1e-3 of the largest magnitude of each", () => {
    /** By x and the parameters; t and y are integers. */
    const gradient = pullback(
      program,
      program.parameters.map(({ type }) => type.dtype === "f32"),
    );
    const operands = [...operandsOf(one), golden.at("in.cotangent")];
    const [, ...found] = wasmStage(gradient, { parts: [1, 2] }).run(operands);
    const keys = Object.keys(golden.parameters);
    expect(found.length).toBe(keys.length + 1);
    expect(largestGap(found.at(-1) as AnyTensor, golden.at("grad.x"))).toBeLessThan(golden.tolerance("grad.x"));
    const gradients = Object.fromEntries(keys.map((key, i) => [key, found[i] as AnyTensor]));
    expect(wrongGradients(golden, gradients)).toEqual([]);
  }, 60_000);
});
