import { describe, expect, test } from "vitest";
import { compile } from "../../compiler/index.ts";
import { ones, tensor } from "../../dsl/index.ts";
import { expectClose } from "../../dsl/testing/index.ts";
import { ddimStep } from "../programs/ddim.ts";
import { layer } from "../programs/layer.ts";

const source = new URL("../programs/layer.ts", import.meta.url).href;
const weights = {
  weight: tensor([
    [1, 2],
    [3, 4],
  ]),
  bias: tensor([10, 20]),
};
const x = tensor([[1, 1]]);

describe("compile", () => {
  test("gives the values of the function", async () => {
    const compiled = await compile(layer<1>, { source, dims: { B: 1 } });
    expectClose(await compiled(weights, x), layer(weights, x));
  });

  test("freezes bound parameters, and takes the others", async () => {
    const compiled = await compile(layer<1>, { source, dims: { B: 1 }, bind: ["p"] });
    const bound = await compiled.bind({ p: weights });
    expectClose(await bound(x), layer(weights, x));
  });

  test("refuses arguments that it was not compiled for", async () => {
    const compiled = await compile(layer<1>, { source, dims: { B: 1 } });
    const call = compiled as (...args: readonly unknown[]) => Promise<unknown>;
    await expect(call(weights)).rejects.toThrow("layer: 1 arguments, and it takes 2: p, x");
    await expect(call(weights, ones([2, 2]))).rejects.toThrow("layer: x is [2, 2], and was compiled as [1, 2]");
    await expect(call(weights, ones([1, 2], "i32"))).rejects.toThrow(
      "layer: x is i32[1, 2], and was compiled as f32[1, 2]",
    );
    await expect(call({ weight: weights.weight }, x)).rejects.toThrow(
      "layer: p.bias is undefined, and must be a tensor",
    );
    await expect(call(3, x)).rejects.toThrow("layer: p is number, and must be a record of tensors");
  });

  test("refuses to bind what is no parameter", async () => {
    await expect(compile(layer<1>, { source, dims: { B: 1 }, bind: ["q"] })).rejects.toThrow(
      "layer: bind names q, and the parameters are p, x",
    );
  });

  test("takes the name of the function for the export", async () => {
    await expect(compile(ddimStep, { source })).rejects.toThrow("TG103 no export is named ddimStep");
  });
});
