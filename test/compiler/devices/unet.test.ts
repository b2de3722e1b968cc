/** ADM's UNet compiled for WebAssembly, against the numbers of the original: `goldens/unet-a`. */

import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Spec } from "../../../compiler/frontend/entry.ts";
import { readProgram } from "../../../compiler/frontend/read.ts";
import { openSources } from "../../../compiler/frontend/source.ts";
import { pullback } from "../../../compiler/grad.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { specOf } from "../../support/compiled.ts";
import { configuration, difference, elements, gradientErrors, largest, load } from "../../support/unet-golden.ts";
import { wasmStage } from "../../support/wasm-stage.ts";

describe("the UNet of goldens/unet-a on WebAssembly", async () => {
  const parameters = await load("unet-a.weights.safetensors");
  const stored = await load("unet-a.safetensors");
  const at = (name: string): AnyTensor => stored[name] as AnyTensor;
  const keys = Object.keys(parameters);
  const inputs = { p: parameters, x: at("in.x"), t: at("in.t"), y: at("in.y") };
  const specs = Object.fromEntries(
    Object.entries(inputs).map(([name, value]): [string, Spec] => [name, specOf(value)]),
  );
  const operands = [...Object.values(parameters), at("in.x"), at("in.t"), at("in.y")];
  const { program } = readProgram(
    openSources(),
    fileURLToPath(new URL("../../programs/unet.ts", import.meta.url)),
    "unet",
    { specs, statics: { config: configuration() } },
  );

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
