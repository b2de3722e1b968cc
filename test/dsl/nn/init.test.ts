import { expect, test } from "vitest";
import { toHost } from "../../../dsl/index.ts";
import { kaimingNormal, kaimingUniform, xavierUniform } from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";
import { withinBound } from "./bound.ts";

test("xavierUniform is within √(6 / (fanIn + fanOut)), of weights and of kernels", () => {
  withinBound(xavierUniform(key(1), [40, 60]), Math.sqrt(6 / 100));
  withinBound(xavierUniform(key(2), [8, 16, 3, 3], 2), 2 * Math.sqrt(6 / (9 * 24)));
});

test("kaimingUniform is within √(6 / fanIn) for relu", () => {
  withinBound(kaimingUniform(key(3), [50, 40]), Math.sqrt(6 / 40));
  withinBound(kaimingUniform(key(4), [16, 8, 3, 3], 1), Math.sqrt(3 / 72));
});

test("kaimingNormal has deviation √(2 / fanIn) for relu", () => {
  const values = Array.from(toHost(kaimingNormal(key(5), [100, 50])).data as Float32Array);
  const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
  // Four standard errors of a variance.
  expect(Math.abs(variance * 25 - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
});

test("a vector has no fans", () => {
  expect(() => xavierUniform(key(1), [40])).toThrow(
    "nn.xavierUniform: [40] has rank 1, and a weight is [outputs, inputs",
  );
});
