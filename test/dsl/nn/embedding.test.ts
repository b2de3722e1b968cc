import { expect, test } from "vitest";
import { tensor, toHost } from "../../../dsl/index.ts";
import { embedding, initEmbedding } from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";

const p = {
  weight: tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]),
};

test("embedding gives the row of each index", () => {
  expect(toHost(embedding(p, tensor([[2, 0]], "i32")))).toEqual({
    dtype: "f32",
    shape: [1, 2, 2],
    data: Float32Array.of(5, 6, 1, 2),
  });
});

test("embedding refuses an index outside the table", () => {
  expect(() => embedding(p, tensor([3], "i32"))).toThrow("embedding");
});

test("initEmbedding draws standard normal numbers", () => {
  const { weight } = initEmbedding(key(5), 50, 40);
  const values = Array.from(toHost(weight).data as Float32Array);
  const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  expect(weight.shape).toEqual([50, 40]);
  // Four standard deviations of the mean, and of the variance, of 2000 numbers.
  expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(2000));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / 2000));
});
