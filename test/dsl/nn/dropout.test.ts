import { expect, test } from "vitest";
import { grad, ones, sum, tensor, toHost } from "../../../dsl/index.ts";
import { dropout } from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";

test("dropout leaves out its share of elements, and scales the rest so that the mean stays", () => {
  const values = Array.from(toHost(dropout(key(1), ones([100, 100]), 0.3)).data as Float32Array);
  expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  // Four standard errors of the mean.
  expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(0.3 / 0.7 / values.length));
});

test("its gradient goes where its elements went", () => {
  const x = ones([50]);
  expect(toHost(grad((x: typeof x0) => sum(dropout(key(2), x, 0.5)))(x))).toEqual(toHost(dropout(key(2), x, 0.5)));
});
const x0 = ones([50]);

test("at rate 0 nothing changes; 1 is refused", () => {
  const x = tensor([1, 2, 3]);
  expect(toHost(dropout(key(3), x, 0))).toEqual(toHost(x));
  expect(() => dropout(key(3), x, 1)).toThrow("nn.dropout: the rate is 1, and must be from 0 up to, but not, 1");
});
