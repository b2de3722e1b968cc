/** ADM's UNet compiled for WebAssembly, against the numbers of the original: `goldens/unet-a`. */

import { describe, expect, test } from "vitest";
import { pullback } from "../../../compiler/grad.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { difference, elements, gradientErrors, largest, openUNet } from "../../support/unet-golden.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

describe("the UNet of goldens/unet-a on WebAssembly", async () => {
  const { program, parameters, keys, at, operands } = await openUNet();

  test.each([false, true])(
    "gives the stored output within 1e-4 of its largest magnitude, weights bound: %s",
    (bind) => {
      const isBound = (i: number): boolean => bind && i < keys.length;
      const [output] = wasmStage(program, { parts: [1, 3], bind: isBound }).run(operands) as [AnyTensor];
      expect(output.shape).toEqual([2, 6, 16, 16]);
      expect(largest(difference(output, at("out")))).toBeLessThan(1e-4 * largest(elements(at("out"))));
    },
  );

  test("gives the stored gradients within 1e-3 of the largest magnitude of each", () => {
    /** By x and the parameters; t and y are integers. */
    const gradient = pullback(
      program,
      program.parameters.map(({ type }) => type.dtype === "f32"),
    );
    const [, ...found] = wasmStage(gradient, { parts: [1, 2] }).run([...operands, at("in.cotangent")]);
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
