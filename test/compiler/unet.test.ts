/** ADM's UNet, read from its source, against the numbers of the original: `goldens/unet-a`, before and after the passes. */

import { describe, expect, test } from "vitest";
import { pullback } from "../../compiler/grad.ts";
import { checkProgram } from "../../compiler/ir/check.ts";
import { evaluate } from "../../compiler/ir/interpret.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { optimise } from "../../compiler/passes.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { difference, elements, gradientErrors, largest, openUNet } from "../support/unet-golden.ts";

describe("the UNet of goldens/unet-a, compiled", async () => {
  const { program, parameters, keys, at, operands } = await openUNet();
  /** By x and the parameters; t and y are integers. */
  const gradient = pullback(
    program,
    program.parameters.map(({ type }) => type.dtype === "f32"),
  );
  const forms: readonly (readonly [name: string, form: (program: Program) => Program])[] = [
    ["as read", (program) => program],
    ["optimised", (program) => optimise(program)],
    ["optimised, composites dissolved", (program) => optimise(program, { keep: () => false })],
  ];

  describe.each(forms)("%s", (_, form) => {
    test("gives the stored output within 1e-4", () => {
      const [output] = evaluate(checkProgram(form(program)), operands) as [AnyTensor];
      expect(output.shape).toEqual([2, 6, 16, 16]);
      expect(largest(difference(output, at("out")))).toBeLessThan(1e-4);
    });

    test("gives the stored gradients within 1e-3 of the largest magnitude of each", () => {
      const [, ...found] = evaluate(checkProgram(form(gradient)), [...operands, at("in.cotangent")]);
      expect(found.length).toBe(keys.length + 1);
      const byX = found.at(-1) as AnyTensor;
      expect(largest(difference(byX, at("grad.x")))).toBeLessThan(1e-3 * largest(elements(at("grad.x"))));
      const wrong = keys.flatMap((key, i) => {
        const expected = elements(at(`grad.param.${key}`));
        const { zeros, others } = gradientErrors(parameters, key, elements(found[i] as AnyTensor), expected);
        return zeros < 1 && others < 1 ? [] : [{ key, zeros, others }];
      });
      expect(wrong).toEqual([]);
    }, 60_000);
  });
});
