import { describe, expect, test } from "vitest";
import { argmax, argmin, argsort, grad, map, mul, sort, sum, type Tensor, tensor, topK } from "../../../dsl/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { expectClose } from "../../../dsl/testing/index.ts";
import { elementsOf, filled, integers, vector } from "../../support/tensors.ts";

/** Values that the types would refuse. */
const untyped = (x: unknown): AnyTensor => x as AnyTensor;

describe("argmax and argmin", () => {
  test("give the first of equal elements", () => {
    expect(elementsOf(argmax(integers(1, 3, 3, 0), 0))).toEqual([1]);
    expect(elementsOf(argmin(integers(1, 0, 3, 0), 0))).toEqual([1]);
  });

  test("without an axis, the place among all", () => {
    const x = tensor([
      [1, 2],
      [9, 4],
    ]);
    expectClose(argmax(x), tensor(2, "i32"));
    expect(argmax(x, undefined, { keepDims: true }).shape).toEqual([1, 1]);
    expectClose(argmin(tensor(3)), tensor(0, "i32"));
  });

  test("give the first NaN, and infinities like other numbers", () => {
    expect(elementsOf(argmax(vector(1, Number.NaN, 5, Number.NaN), 0))).toEqual([1]);
    expect(elementsOf(argmin(vector(1, Number.NaN, 0), 0))).toEqual([1]);
    expect(elementsOf(argmax(vector(-Infinity, -Infinity), 0))).toEqual([0]);
  });

  test("refuse what has no elements", () => {
    expect(() => argmax(untyped(filled([2, 0])), 1)).toThrow("argmax: [2, 0] has no elements, and so no place to give");
  });
});

describe("sort, argsort and topK", () => {
  const x = vector(2, Number.NaN, -1, 2, Infinity, -0, 0);

  test("keep equal elements in their order, NaN last, both ways", () => {
    expect(elementsOf(argsort(x))).toEqual([2, 5, 6, 0, 3, 4, 1]);
    expect(elementsOf(argsort(x, 0, { descending: true }))).toEqual([4, 0, 3, 5, 6, 2, 1]);
    expect(elementsOf(sort(x))).toEqual([-1, -0, 0, 2, 2, Infinity, Number.NaN]);
    const [values, indices] = topK(x, 3);
    expect([elementsOf(values), elementsOf(indices)]).toEqual([
      [Infinity, 2, 2],
      [4, 0, 3],
    ]);
  });

  test("along an axis that is not the last", () => {
    const y = tensor([
      [3, 1],
      [1, 2],
      [2, 0],
    ]);
    expectClose(sort(y, 0), [
      [1, 0],
      [2, 1],
      [3, 2],
    ]);
    const [values, indices] = topK(y, 1, 0);
    expectClose(values, [[3, 2]]);
    expectClose(indices, tensor([[0, 1]], "i32"));
  });

  test("of rank 0, and of nothing", () => {
    expectClose(sort(tensor(3)), 3);
    expect(elementsOf(argsort(filled([0])))).toEqual([]);
  });

  test("send cotangents back where the elements came from", () => {
    const weights = tensor([10, 20, 30]);
    expectClose(grad((x: Tensor<[3]>) => sum(mul(sort(x), weights)))(tensor([3, 1, 2])), [30, 10, 20]);
    expectClose(grad((x: Tensor<[3]>) => sum(map(topK(x, 2)[0], (x) => x * x)))(tensor([3, 1, 2])), [6, 0, 4]);
  });

  test("refuse a k that is none, and long axes", () => {
    expect(() => topK(filled([2, 3]), 4 as number)).toThrow(
      "topK: k is 4, and must be a whole number from 1 to 3, the length of axis -1 of [2, 3]",
    );
    expect(() => topK(filled([2, 3]), 0.5 as number, 0)).toThrow(
      "topK: k is 0.5, and must be a whole number from 1 to 2",
    );
    expect(() => sort(untyped(filled([4097])))).toThrow(
      "sort: [4097] has 4097 elements along the axis, and at most 4096 are sorted; sort parts of it",
    );
    expect(argsort(filled([1, 4096])).shape).toEqual([1, 4096]);
  });
});
