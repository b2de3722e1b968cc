import { describe, expect, test } from "vitest";
import { scatterAdd, take } from "../../../dsl/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkGrads, expectClose } from "../../../dsl/testing/index.ts";
import { elementsOf, filled, indices, integers, vector } from "../../support/tensors.ts";

/** Values that the types would refuse. */
const untyped = (x: unknown): AnyTensor => x as AnyTensor;

describe("take", () => {
  const x = filled([2, 3, 2]);

  test("whole slices along an axis, by indices of any shape", () => {
    const taken = take(x, indices([2, 2], [2, 0, 0, 1]), 1);
    expect(taken.shape).toEqual([2, 2, 2, 2]);
    const xs = elementsOf(x);
    const slice = (row: number, place: number): number[] => xs.slice((row * 3 + place) * 2, (row * 3 + place) * 2 + 2);
    expect(elementsOf(taken)).toEqual([0, 1].flatMap((row) => [2, 0, 0, 1].flatMap((place) => slice(row, place))));
    checkGrads((x: AnyTensor) => take(x, indices([2, 2], [2, 0, 0, 1]), 1), [x], { order: 2 });
  });

  test("by one index the axis is gone", () => {
    expect(take(x, indices([], [1]), -1).shape).toEqual([2, 3]);
  });

  test("names the index that is out of range among the user's own", () => {
    expect(() => take(x, indices([2, 2], [0, 1, 3, 0]), 1)).toThrow(
      "take: index 3 at [1, 0] of the indices is out of range; it must be from 0 to 2",
    );
  });

  test("refuses what does not fit", () => {
    expect(() => take(x, untyped(filled([2])), 0)).toThrow("take: the indices are f32[2], and must be i32 or u32");
    // @ts-expect-error axis 3 of rank 3
    expect(() => take(x, integers(0), 3)).toThrow("take: 3 is not an axis of [2, 3, 2]; its axes are 0 to 2");
  });
});

describe("scatterAdd", () => {
  test("adds all updates of a place", () => {
    expectClose(scatterAdd(vector(1, 2, 3), integers(2, 0, 2), vector(10, 20, 30), 0), [21, 2, 43]);
    checkGrads(
      (x: AnyTensor, updates: AnyTensor) => scatterAdd(x, untyped(integers(2, 0, 2)), updates, 0),
      [filled([3]), filled([3], 2)],
      { order: 2 },
    );
  });

  test("refuses what does not fit", () => {
    const x = filled([3, 2]);
    const at = indices([1, 2], [0, 1]);
    expect(() => scatterAdd(x, at, untyped(filled([2, 2])), 0)).toThrow(
      "scatterAdd: the updates are [2, 2], and must be [1, 2], as the indices",
    );
    expect(() => scatterAdd(x, at, untyped(indices([1, 2], [0, 0])), 0)).toThrow(
      "scatterAdd: f32[3, 2] and updates of i32 differ in dtype; cast one of them",
    );
    expect(() => scatterAdd(x, indices([1, 2], [0, 3]), filled([1, 2]), 0)).toThrow(
      "scatterAdd: index 3 at [0, 1] of the indices is out of range; it must be from 0 to 2",
    );
  });
});
