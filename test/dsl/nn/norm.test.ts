import { expect, test } from "vitest";
import { tensor, toHost } from "../../../dsl/index.ts";
import { groupNorm, initNorm } from "../../../dsl/nn/index.ts";

const x = tensor([
  [
    [1, 3],
    [5, 7],
    [2, 2],
    [2, 6],
  ],
]);

test("groupNorm has mean 0 and variance 1 in each group, before its affine map", () => {
  const p = { weight: tensor([1, 1, 2, 2]), bias: tensor([0, 0, 10, 20]) };
  // Groups: 1 3 5 7 of variance 5, and 2 2 2 6 of variance 3.
  const expected = [-3 / 5 ** 0.5, -1 / 5 ** 0.5, 1 / 5 ** 0.5, 3 / 5 ** 0.5];
  const second = [10 - 2 / 3 ** 0.5, 10 - 2 / 3 ** 0.5, 20 - 2 / 3 ** 0.5, 20 + 6 / 3 ** 0.5];
  const found = Array.from(toHost(groupNorm(p, x, 2, 0)).data);
  [...expected, ...second].forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
});

test("ε is added to the variance, 1e-5 by default", () => {
  const p = initNorm(4);
  expect(toHost(groupNorm(p, x, 2))).toEqual(toHost(groupNorm(p, x, 2, 1e-5)));
  expect(Number(toHost(groupNorm(p, x, 2, 4)).data[0])).toBeCloseTo(-1, 5);
});

test("initNorm is the identity", () => {
  const { weight, bias } = initNorm(3);
  expect([toHost(weight).data, toHost(bias).data]).toEqual([Float32Array.of(1, 1, 1), Float32Array.of(0, 0, 0)]);
});
