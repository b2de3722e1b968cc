import { describe, expect, test } from "vitest";
import { fromElements } from "../../../dsl/evaluate.ts";
import { gather } from "../../../dsl/ops/gather.ts";
import { embedding } from "../../../dsl/ops/take.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { checkGrads } from "../../../dsl/testing/index.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf, filled, indices, integers } from "../../support/tensors.ts";

/** Values that the types would refuse. */
const untyped = (x: unknown): AnyTensor => x as AnyTensor;

describe("gather", () => {
  const x = filled([2, 3, 2]);

  test.each([
    [0, [1, 3, 2], [1, 0, 0, 1, 1, 0]],
    [1, [2, 4, 2], [0, 2, 1, 1, 2, 0, 0, 0, 2, 2, 1, 0, 0, 1, 2, 2]],
    [-1, [2, 3, 1], [1, 0, 0, 1, 1, 1]],
  ])("along axis %i", (axis, shape, places) => {
    const at = indices(shape, places);
    const picked = gather(x, untyped(at), axis);
    const along = axis < 0 ? axis + 3 : axis;
    const xs = elementsOf(x);
    const expected = places.map((place, element) => {
      const [, b = 0, c = 0] = shape;
      const coordinates = [Math.floor(element / (b * c)), Math.floor(element / c) % b, element % c];
      coordinates[along] = place;
      return xs[((coordinates[0] as number) * 3 + (coordinates[1] as number)) * 2 + (coordinates[2] as number)];
    });
    expect(picked.shape).toEqual(shape);
    expect(elementsOf(picked)).toEqual(expected);
    checkGrads((x: AnyTensor) => gather(x, untyped(at), axis), [x], { order: 2 });
  });

  test("keeps the dtype, and takes indices of u32", () => {
    const at: Tensor<[2], "u32"> = fromElements({ shape: [2], dtype: "u32" }, Uint32Array.of(2, 0));
    expect(gather(integers(5, 6, 7), at, 0).dtype).toBe("i32");
    expect(elementsOf(gather(integers(5, 6, 7), at, 0))).toEqual([7, 5]);
  });

  test("adds up the cotangents of a place that is read twice", () => {
    const [, pullback] = vjp((x: AnyTensor) => gather(x, integers(1, 1, 0), 0))(filled([2]));
    const ct = filled([3], 7);
    const [a, b, c] = elementsOf(ct) as [number, number, number];
    expect(elementsOf(pullback(ct))).toEqual([c, a + b]);
  });

  test("refuses what does not fit", () => {
    const at = indices([2, 2], [0, 0, 0, 0]);
    expect(() => gather(untyped(filled([3, 5])), at, 1)).toThrow(
      "gather: the indices are [2, 2], and must be [3, 5] but for axis 1; expand them, or use take",
    );
    expect(() => gather(untyped(filled([3])), at, 0)).toThrow("gather: the indices are [2, 2], and must be [3]");
    expect(() => gather(untyped(filled([2, 2])), at, 2)).toThrow("gather: 2 is not an axis of [2, 2]");
    expect(() => gather(filled([2]), untyped(filled([2])), 0)).toThrow(
      "gather: the indices are f32[2], and must be i32 or u32; cast them",
    );
  });

  test("refuses an index out of range", () => {
    expect(() => gather(filled([2, 3]), indices([2, 2], [0, 2, 3, 0]), 1)).toThrow(
      "gather: index 3 at [1, 0] of the indices is out of range; it must be from 0 to 2",
    );
    expect(() => gather(filled([3]), integers(0, -1), 0)).toThrow("gather: index -1 at [1] of the indices");
    expect(() => gather(filled([0]), integers(0), 0)).toThrow(
      "gather: index 0 at [0] of the indices, and the axis that they point into has length 0",
    );
  });
});

describe("embedding", () => {
  test("takes rows", () => {
    const table = filled([3, 2, 2]);
    const rows = elementsOf(table);
    const taken = embedding(table, indices([2, 2], [2, 0, 0, 1]));
    expect(taken.shape).toEqual([2, 2, 2, 2]);
    expect(elementsOf(taken)).toEqual([2, 0, 0, 1].flatMap((row) => rows.slice(row * 4, row * 4 + 4)));
    checkGrads((table: AnyTensor) => embedding(table, indices([2, 2], [2, 0, 0, 1])), [table], { order: 2 });
  });

  test("takes one row by an index of rank 0, and elements of a vector", () => {
    const table = filled([3, 2]);
    expect(elementsOf(embedding(table, indices([], [1])))).toEqual(elementsOf(table).slice(2, 4));
    expect(elementsOf(embedding(filled([3]), integers(2, 2)))).toEqual([2, 2].map((at) => elementsOf(filled([3]))[at]));
  });

  test("refuses what does not fit, in terms of the user's indices", () => {
    expect(() => embedding(filled([3, 4]), indices([2, 2], [0, 1, 5, 0]))).toThrow(
      "embedding: index 5 at [1, 0] of the indices is out of range; it must be from 0 to 2",
    );
    expect(() => embedding(untyped(filled([])), integers(0))).toThrow(
      "embedding: the table is [], and must have rank 1 or more",
    );
    expect(() => embedding(filled([3, 4]), untyped(filled([2])))).toThrow(
      "embedding: the indices are f32[2], and must be i32 or u32; cast them",
    );
  });
});
