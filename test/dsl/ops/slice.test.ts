import { describe, expect, test } from "vitest";
import { tensor } from "../../../dsl/host.ts";
import { slice, split } from "../../../dsl/ops/slice.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const row: Tensor<[6]> = tensor([0, 1, 2, 3, 4, 5]);
const x: Tensor<[2, 3]> = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const loose = x as AnyTensor;

describe("slice", () => {
  test("goes from start up to end", () => {
    expect(elementsOf(slice(row, 0, 1, 4))).toEqual([1, 2, 3]);
    expect(elementsOf(slice(x, 1, 1, 2))).toEqual([2, 5]);
    expect(elementsOf(slice(x, 0, 1, 2))).toEqual([4, 5, 6]);
    expect(slice(x, 0, 1, 2).shape).toEqual([1, 3]);
  });

  test("counts from the end where negative, and goes to the end without one", () => {
    expect(elementsOf(slice(row, -1, 1, -1))).toEqual([1, 2, 3, 4]);
    expect(elementsOf(slice(row, 0, -2))).toEqual([4, 5]);
    expect(elementsOf(slice(row, 0, -6, 2))).toEqual([0, 1]);
    expect(elementsOf(slice(row, 0, -4, -2))).toEqual([2, 3]);
    expect(elementsOf(slice(x, -1, -1))).toEqual([3, 6]);
  });

  test("takes steps", () => {
    expect(elementsOf(slice(row, 0, 0, undefined, 2))).toEqual([0, 2, 4]);
    expect(elementsOf(slice(row, 0, 1, 6, 2))).toEqual([1, 3, 5]);
    expect(elementsOf(slice(row, 0, 1, 5, 3))).toEqual([1, 4]);
    expect(elementsOf(slice(row, 0, 2, undefined, 9))).toEqual([2]);
  });

  test("may be empty", () => {
    expect(slice(x, 1, 3).shape).toEqual([2, 0]);
    expect(slice(x, 0, 1, 1).shape).toEqual([0, 3]);
  });

  test("pulls back into zeros", () => {
    const [, pullback] = vjp((x: Tensor<[6]>) => slice(x, 0, 1, 6, 2))(row);
    expect(elementsOf(pullback(tensor([7, 8, 9])))).toEqual([0, 7, 0, 8, 0, 9]);
    const [, none] = vjp((x: Tensor<[6]>) => slice(x, 0, 4, 4))(row);
    expect(elementsOf(none(slice(row, 0, 4, 4)))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each([
    [[1, 0, 4], "0 to 4 is no range of axis 1 of [2, 3]; start and end are whole numbers from -3 to 3"],
    [[-1, -4, undefined], "-4 to 3 is no range of axis -1 of [2, 3]; start and end are whole numbers from -3 to 3"],
    [[0, 2, 1], "2 to 1 is no range of axis 0 of [2, 3]; start and end are whole numbers from -2 to 2"],
    [[1, 0.5, 1], "0.5 to 1 is no range of axis 1 of [2, 3]; start and end are whole numbers from -3 to 3"],
  ] as const)("refuses %j", ([axis, start, end], why) => {
    expect(() => slice(loose, axis as number, start as number, end as number)).toThrow(
      new ShapeError(`slice: ${why}, the end not before the start`),
    );
  });

  test("refuses steps below 1 and axes that are not there", () => {
    expect(() => slice(loose, 0, 0, 2, -1 as number)).toThrow(
      new ShapeError("slice: the step is -1, and must be a whole number from 1 up"),
    );
    expect(() => slice(loose, 2 as number, 0, 1)).toThrow(
      new ShapeError("slice: 2 is not an axis of [2, 3]; its axes are 0 to 1"),
    );
  });
});

describe("split", () => {
  test("cuts an axis into consecutive parts", () => {
    const [a, b, c] = split(row, [1, 0, 5]);
    expect([a, b, c].map(elementsOf)).toEqual([[0], [], [1, 2, 3, 4, 5]]);
    expect(split(x, [1, 2], -1).map(elementsOf)).toEqual([
      [1, 4],
      [2, 3, 5, 6],
    ]);
  });

  test("pulls back the cotangents joined", () => {
    const [, pullback] = vjp((x: Tensor<[6]>) => split(x, [2, 4]))(row);
    expect(elementsOf(pullback([tensor([1, 2]), tensor([3, 4, 5, 6])]))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    [[1, 1], 1, "split: sizes [1, 1] add up to 2, and axis 1 of [2, 3] has 3; they must be equal"],
    [[4, -1], -1, "split: sizes [4, -1] are not all whole numbers from 0 up"],
    [[2], 5, "split: 5 is not an axis of [2, 3]; its axes are 0 to 1"],
  ])("refuses %j along %i", (sizes, axis, message) => {
    expect(() => split(loose, sizes, axis)).toThrow(new ShapeError(message));
  });
});
