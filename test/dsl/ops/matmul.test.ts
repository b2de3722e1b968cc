import { describe, expect, test } from "vitest";
import { linear, matmul } from "../../../dsl/ops/matmul.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkGrads } from "../../../dsl/testing/index.ts";
import { elementsOf, filled, indices } from "../../support/tensors.ts";

/** A value that the types would refuse. */
const untyped = (x: unknown): AnyTensor => x as AnyTensor;

describe("matmul", () => {
  const [batches, m, k, n] = [3, 2, 4, 5];
  const a = filled([batches, m, k], 1);
  const product = (b: AnyTensor, batchStep: number): number[] => {
    const [x, y] = [elementsOf(a), elementsOf(b)];
    const out: number[] = [];
    for (let batch = 0; batch < batches; batch++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++)
            sum += (x[(batch * m + i) * k + l] as number) * (y[batch * batchStep + l * n + j] as number);
          out.push(sum);
        }
      }
    }
    return out;
  };

  test("multiplies the matrices of a batch", () => {
    const b = filled([batches, k, n], 2);
    expect(matmul(a, b).shape).toEqual([batches, m, n]);
    expect(elementsOf(matmul(a, b))).toEqual(product(b, k * n));
  });

  test("multiplies a batch with one matrix", () => {
    const b = filled([k, n], 2);
    expect(elementsOf(matmul(a, b))).toEqual(product(b, 0));
    checkGrads(matmul, [a, b]);
  });

  test.each([
    [
      filled([2, 3]),
      filled([4, 5]),
      "matmul: [2, 3] and [4, 5]: the last axis of the first has 3, the last but one of the second has 4, and they must be equal",
    ],
    [
      filled([2, 3]),
      filled([4, 3]),
      "matmul: [2, 3] and [4, 3]: the last axis of the first has 3, the last but one of the second has 4, and they must be equal; permute the last two axes of the second",
    ],
    [
      filled([7, 2, 3]),
      filled([8, 3, 4]),
      "matmul: [7, 2, 3] and [8, 3, 4]: the axes before the last two must be equal, or the second of rank 2; expand the smaller operand, or reshape",
    ],
    [
      filled([2, 3]),
      filled([8, 3, 4]),
      "matmul: [2, 3] and [8, 3, 4]: the axes before the last two must be equal, or the second of rank 2; expand the smaller operand, or reshape",
    ],
    [filled([3]), filled([3, 4]), "matmul: operand 1 is [3], and must have rank 2 or more; reshape a vector"],
    [filled([3, 4]), filled([4]), "matmul: operand 2 is [4], and must have rank 2 or more; reshape a vector"],
    [indices([1, 1], [1]), indices([1, 1], [1]), "matmul: i32[1, 1] is of a dtype that matmul does not take"],
  ])("refuses what does not fit (%#)", (a, b, message) => {
    expect(() => matmul(untyped(a), untyped(b))).toThrow(message);
  });
});

describe("linear", () => {
  test("maps the last axis", () => {
    const [x, weight, bias] = [filled([2, 3, 4], 1), filled([5, 4], 2), filled([5], 3)];
    const [xs, ws, bs] = [elementsOf(x), elementsOf(weight), elementsOf(bias)];
    const expected = Array.from({ length: 6 * 5 }, (_, at) => {
      const [row, o] = [Math.floor(at / 5), at % 5];
      let sum = bs[o] as number;
      for (let i = 0; i < 4; i++) sum += (xs[row * 4 + i] as number) * (ws[o * 4 + i] as number);
      return sum;
    });
    expect(linear(x, weight, bias).shape).toEqual([2, 3, 5]);
    expect(elementsOf(linear(x, weight, bias))).toEqual(expected);
    expect(elementsOf(linear(x, weight))).toEqual(expected.map((value, at) => value - (bs[at % 5] as number)));
    checkGrads(linear, [x, weight, bias]);
  });

  test("takes a vector", () => {
    expect(linear(filled([4]), filled([5, 4])).shape).toEqual([5]);
  });

  test.each([
    [
      [2, 64],
      [10, 32],
      undefined,
      "linear: weight [10, 32] takes 32 inputs, and the last axis of x [2, 64] has 64; weight is [outputs, inputs]",
    ],
    [[2, 64], [64], undefined, "linear: weight is [64], and must be [outputs, inputs]"],
    [[], [10, 32], undefined, "linear: x is [], and must have rank 1 or more"],
    [[2, 4], [5, 4], [4], "linear: bias is [4], and must be [5], one for each output of weight [5, 4]"],
  ])("refuses what does not fit (%#)", (x, weight, bias, message) => {
    expect(() =>
      linear(untyped(filled(x)), untyped(filled(weight)), bias === undefined ? undefined : untyped(filled(bias))),
    ).toThrow(message);
  });
});
