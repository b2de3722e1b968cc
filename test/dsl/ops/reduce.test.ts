import { describe, expect, test } from "vitest";
import {
  all,
  any,
  cast,
  grad,
  iota,
  logSumExp,
  max,
  mean,
  min,
  std,
  sum,
  type Tensor,
  tensor,
  toHost,
  variance,
} from "../../../dsl/index.ts";
import { expectClose } from "../../../dsl/testing/index.ts";

const x = tensor([
  [1, 2, 3],
  [4, 5, 9],
]);

describe("reductions", () => {
  test("over all axes, one, several, and from the end", () => {
    expectClose(sum(x), 24);
    expectClose(sum(x, 0), [5, 7, 12]);
    expectClose(mean(x, [0, 1]), 4);
    expectClose(max(x, -1), [3, 9]);
    expectClose(min(x, [1]), [1, 4]);
  });

  test("leave axes of 1 on request", () => {
    const kept: Tensor<[2, 1]> = mean(x, 1, { keepDims: true });
    expectClose(kept, [[2], [6]]);
  });

  test("variance of a population, and from a sample", () => {
    expectClose(variance(x, 1), [2 / 3, 14 / 3], { ulp: 1 });
    expectClose(variance(x, 1, { correction: 1 }), [1, 7]);
  });

  test("variance of a large mean keeps its digits", () => {
    expectClose(variance(tensor([1e4, 1e4 + 1, 1e4 + 2])), 2 / 3, { relative: 1e-3 });
  });

  test("sums of integers wrap", () => {
    expect([...toHost(sum(tensor([2147483647, 1], "i32"))).data]).toEqual([-2147483648]);
  });

  test("of no elements", () => {
    const none = tensor({ dtype: "f32", shape: [0], data: new Float32Array(0) });
    expectClose(sum(none), 0);
    expect(toHost(max(none)).data[0]).toBe(-Infinity);
    expect(toHost(min(none)).data[0]).toBe(Infinity);
  });

  test("equal maxima share the cotangent", () => {
    expectClose(grad((x: Tensor<[4]>) => max(x))(tensor([1, 3, 3, 2])), [0, 0.5, 0.5, 0]);
  });

  test("refuse axes that are none, with the text of the type", () => {
    // @ts-expect-error axis 2 of rank 2
    expect(() => sum(x, 2)).toThrow("sum: 2 is not an axis of [2, 3]; its axes are 0 to 1");
    // @ts-expect-error axis -3 of rank 2
    expect(() => mean(x, [0, -3])).toThrow("mean: -3 is not an axis of [2, 3]; its axes are 0 to 1");
    // @ts-expect-error one axis by two names
    expect(() => max(x, [1, -1])).toThrow("max: axis -1 is named twice");
    // @ts-expect-error no mean of integers
    expect(() => mean(iota(3))).toThrow("mean: i32[3] is of a dtype that mean does not take; cast it");
  });

  test("any and all", () => {
    const mask = tensor([
      [true, false],
      [false, false],
    ]);
    expect([...toHost(any(mask, 1)).data]).toEqual([1, 0]);
    expect([...toHost(all(mask)).data]).toEqual([0]);
    const none = tensor({ dtype: "bool", shape: [0], data: new Uint8Array(0) });
    expect([any(none), all(none)].map((x) => toHost(x).data[0])).toEqual([0, 1]);
    // @ts-expect-error numbers are no truth
    expect(() => any(x)).toThrow("any: f32[2, 3] is of a dtype that any does not take; cast it");
  });

  test("std, whose gradient is 0 where all elements are equal", () => {
    expectClose(std(x, 1, { correction: 1 }), [1, Math.sqrt(7)], { ulp: 1 });
    expectClose(grad((x: Tensor<[3]>) => std(x))(tensor([2, 2, 2])), [0, 0, 0]);
    expect(toHost(std(tensor([1, Number.NaN]))).data[0]).toBeNaN();
  });

  test("logSumExp of large, small and infinite numbers", () => {
    expectClose(logSumExp(tensor([1000, 1000])), 1000 + Math.LN2, { ulp: 1 });
    expectClose(logSumExp(tensor([-1000, -1000])), -1000 + Math.LN2, { ulp: 1 });
    const ends = tensor([
      [-Infinity, -Infinity],
      [-Infinity, 2],
      [Infinity, 2],
    ]);
    expect([...toHost(logSumExp(ends, 1)).data]).toEqual([-Infinity, 2, Infinity]);
    expectClose(grad((x: Tensor<[2]>) => logSumExp(x))(tensor([-Infinity, 2])), [0, 1]);
    expectClose(cast(logSumExp(tensor([60000, 60000], "f16")), "f32"), 60000);
  });
});
