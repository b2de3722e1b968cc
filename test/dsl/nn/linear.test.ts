import { describe, expect, test } from "vitest";
import { tensor, toHost } from "../../../dsl/index.ts";
import { initLinear, linear } from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";
import { withinBound } from "./bound.ts";

test("linear is x Wᵀ + b over the last axis", () => {
  const p = {
    weight: tensor([
      [1, 2, 3],
      [0, 1, 0],
    ]),
    bias: tensor([10, 20]),
  };
  expect(toHost(linear(p, tensor([[[1, 1, 1]], [[0, 2, 5]]])))).toEqual({
    dtype: "f32",
    shape: [2, 1, 2],
    data: Float32Array.of(16, 21, 29, 22),
  });
});

describe("initLinear", () => {
  const p = initLinear(key(1), 64, 100);

  test("fills weight [O, I] and bias [O] up to ±1 / √I", () => {
    expect([p.weight.shape, p.bias.shape]).toEqual([[100, 64], [100]]);
    withinBound(p.weight, 1 / 8);
    withinBound(p.bias, 1 / 8);
  });

  test("draws weight and bias from different keys, and the same from one", () => {
    expect(toHost(p.weight).data.slice(0, 100)).not.toEqual(toHost(p.bias).data);
    expect(toHost(initLinear(key(1), 64, 100))).toEqual(toHost(p));
    expect(toHost(initLinear(key(2), 64, 100))).not.toEqual(toHost(p));
  });
});
