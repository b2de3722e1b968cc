import { expect, test } from "vitest";
import { eye, ShapeError, type Tensor, tensor, tril, triu, vjp } from "../../../dsl/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { elementsOf } from "../../support/tensors.ts";

const x: Tensor<[2, 3]> = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

test("eye is square, or as wide as it is told", () => {
  const square: Tensor<[2, 2]> = eye(2);
  expect(elementsOf(square)).toEqual([1, 0, 0, 1]);
  const wide: Tensor<[2, 3], "bool"> = eye(2, 3, "bool");
  expect(elementsOf(wide)).toEqual([1, 0, 0, 0, 1, 0]);
  const none: Tensor<[0, 2], "i32"> = eye(0, 2, "i32");
  expect(none.shape).toEqual([0, 2]);
  // @ts-expect-error from 0 up
  expect(() => eye(-1)).toThrow(new ShapeError("eye: n is -1, and must be a whole number from 0 up"));
});

test("triangles are counted from the main diagonal", () => {
  const low: Tensor<[2, 3]> = tril(x);
  expect(elementsOf(low)).toEqual([1, 0, 0, 4, 5, 0]);
  expect(elementsOf(tril(x, 1))).toEqual([1, 2, 0, 4, 5, 6]);
  expect(elementsOf(tril(x, -1))).toEqual([0, 0, 0, 4, 0, 0]);
  expect(elementsOf(triu(x))).toEqual([1, 2, 3, 0, 5, 6]);
  expect(elementsOf(triu(x, 2))).toEqual([0, 0, 3, 0, 0, 0]);
  expect(elementsOf(triu(x, -5))).toEqual(elementsOf(x));
});

test("triangles of several matrices, of any dtype", () => {
  const two: Tensor<[2, 1, 2], "i32"> = triu(tensor([[[7, 8]], [[9, 10]]], "i32"), 1);
  expect(elementsOf(two)).toEqual([0, 8, 0, 10]);
  const mask: Tensor<[2, 2], "bool"> = tril(tensor([[true, true], [true, true]])); // biome-ignore format: a call on one line
  expect(elementsOf(mask)).toEqual([1, 0, 1, 1]);
});

test("what is left out has neither value nor cotangent, whatever it was", () => {
  const bad = tensor([
    [1, Number.NaN],
    [2, 3],
  ]);
  const [value, pullback] = vjp((x: typeof bad) => tril(x))(bad);
  expect(elementsOf(value)).toEqual([1, 0, 2, 3]);
  expect(elementsOf(pullback(tensor([[5, 6], [7, 8]])))).toEqual([5, 0, 7, 8]); // biome-ignore format: a call on one line
});

test("what is no matrix, and no diagonal, is refused", () => {
  // @ts-expect-error rank 1
  expect(() => tril(tensor([1, 2]))).toThrow(
    new ShapeError("tril: [2] has rank 1, and must have 2 or more; reshape it"),
  );
  // @ts-expect-error half a diagonal
  expect(() => triu(x as AnyTensor, 0.5)).toThrow(
    new ShapeError("triu: the diagonal is 0.5, and must be a whole number"),
  );
});
