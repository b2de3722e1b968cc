/** ADM's UNet, read from its source, against the numbers of the original: `goldens/unet-a`, before and after the passes. */

import { describe, expect, test } from "vitest";
import { pullback } from "../../compiler/grad.ts";
import { checkProgram } from "../../compiler/ir/check.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { optimise } from "../../compiler/passes.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { largestGap } from "../support/evaluator-probes.ts";
import { openCase, operandsOf, readCase } from "../support/network-cases.ts";
import { openGolden, wrongGradients } from "../support/network-golden.ts";

const forms: readonly (readonly [name: string, form: (program: Program) => Program])[] = [
  ["as read", (program) => program],
  ["optimised", (program) => optimise(program)],
  ["optimised, composites dissolved", (program) => optimise(program, { keep: () => false })],
];

describe.each(forms)("the UNet of goldens/unet-a, %s", async (_, form) => {
  const golden = await openGolden("unet-a");
  const one = await openCase("out of unet-a");
  const { program } = readCase(one);
  /** By x and the parameters; t and y are integers. */
  const gradient = pullback(
    program,
    program.parameters.map(({ type }) => type.dtype === "f32"),
  );

  test("gives the stored output", () => {
    const [output] = evaluate(checkProgram(form(program)), operandsOf(one)) as [AnyTensor];
    expect(output.shape).toEqual([2, 6, 16, 16]);
    expect(largestGap(output, one.due)).toBeLessThan(one.tolerance);
  });

  test("gives the stored gradients, those of parameters within 1e-3 of the largest magnitude of each", () => {
    const [, ...found] = evaluate(checkProgram(form(gradient)), [...operandsOf(one), golden.at("in.cotangent")]);
    const keys = Object.keys(golden.parameters);
    expect(found.length).toBe(keys.length + 1);
    expect(largestGap(found.at(-1) as AnyTensor, golden.at("grad.x"))).toBeLessThan(golden.tolerance("grad.x"));
    const gradients = Object.fromEntries(keys.map((key, i) => [key, found[i] as AnyTensor]));
    expect(wrongGradients(golden, gradients)).toEqual([]);
  }, 60_000);
});
