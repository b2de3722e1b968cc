import { describe, expect, test } from "vitest";
import { ones, tensor, toHost } from "../../../dsl/index.ts";
import { conv, initConv } from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";
import { withinBound } from "./bound.ts";

describe("conv", () => {
  test("sums what the kernel covers, and adds the bias", () => {
    const p = { weight: ones([1, 1, 2, 2]), bias: tensor([100]) };
    const x = tensor([
      [
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
    ]);
    expect(toHost(conv(p, x)).data).toEqual(Float32Array.of(112, 116, 124, 128));
    expect(toHost(conv(p, x, { stride: 2, padding: 1 })).data).toEqual(Float32Array.of(101, 105, 111, 128));
  });

  test("goes along one axis, in groups", () => {
    const p = { weight: tensor([[[1, 2]], [[0, 1]]]), bias: tensor([0, 0.5]) };
    const x = tensor([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
    expect(toHost(conv(p, x, { groups: 2 }))).toEqual({
      dtype: "f32",
      shape: [1, 2, 2],
      data: Float32Array.of(5, 8, 5.5, 6.5),
    });
  });
});

test("initConv fills weight [Co, Ci, ...K] and bias [Co] up to ±1 / √(Ci · elements of K)", () => {
  const p = initConv(key(3), 16, 100, [2, 2]);
  expect([p.weight.shape, p.bias.shape]).toEqual([[100, 16, 2, 2], [100]]);
  withinBound(p.weight, 1 / 8);
  withinBound(p.bias, 1 / 8);
});
