import { describe, expect, test } from "vitest";
import { DTypeError } from "../../../dsl/dtype.ts";
import { tensor } from "../../../dsl/host.ts";
import { concat, stack, unstack } from "../../../dsl/ops/join.ts";
import { slice } from "../../../dsl/ops/slice.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const x: Tensor<[2, 2]> = tensor([
  [1, 2],
  [3, 4],
]);
const y: Tensor<[2, 1]> = tensor([[5], [6]]);
const loose = x as AnyTensor;

describe("concat", () => {
  test("joins any number of operands along an axis", () => {
    expect(elementsOf(concat([x, y], 1))).toEqual([1, 2, 5, 3, 4, 6]);
    expect(elementsOf(concat([y, x, y], -1))).toEqual([5, 1, 2, 5, 6, 3, 4, 6]);
    expect(elementsOf(concat([x, x], 0))).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    expect(concat([x, y], 1).shape).toEqual([2, 3]);
  });

  test("leaves one operand as it is, and an empty one leaves no trace", () => {
    expect(concat([x], 0)).toBe(x);
    expect(elementsOf(concat([slice(x, 0, 0, 0), x], 0))).toEqual([1, 2, 3, 4]);
  });

  test("pulls back each operand's part", () => {
    const [, pullback] = vjp(([x, y]: readonly [Tensor<[2, 2]>, Tensor<[2, 1]>]) => concat([x, y], 1))([x, y]);
    const ct = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(pullback(ct).map(elementsOf)).toEqual([
      [1, 2, 4, 5],
      [3, 6],
    ]);
  });

  test("refuses what does not join", () => {
    expect(() => concat([loose, y as AnyTensor], 0)).toThrow(
      new ShapeError(
        "concat: operand 2 is [2, 1], which does not join [2, 2] along axis 0: axis 1 has 1, and must have 2",
      ),
    );
    expect(() => concat([loose, loose, tensor([1]) as AnyTensor], -1)).toThrow(
      new ShapeError("concat: operand 3 is [1], which does not join [2, 2] along axis 1: its rank is 1, and must be 2"),
    );
    expect(() => concat([loose, loose], 2)).toThrow(
      new ShapeError("concat: 2 is not an axis of [2, 2]; its axes are 0 to 1"),
    );
    expect(() => concat([] as AnyTensor[], 0)).toThrow(
      new ShapeError("concat: the list is empty; give one tensor at least"),
    );
    expect(() => concat([loose, tensor([[1, 2]], "i32") as AnyTensor], 0)).toThrow(
      new DTypeError("concat: operands f32[2, 2] and i32[1, 2] differ in dtype; cast one of them"),
    );
  });
});

describe("stack", () => {
  test("puts operands side by side along a new axis", () => {
    expect(stack([x, x, x]).shape).toEqual([3, 2, 2]);
    expect(elementsOf(stack([tensor([1, 2]), tensor([3, 4])]))).toEqual([1, 2, 3, 4]);
    expect(elementsOf(stack([tensor([1, 2]), tensor([3, 4])], 1))).toEqual([1, 3, 2, 4]);
    expect(elementsOf(stack([tensor([1, 2]), tensor([3, 4])], -1))).toEqual([1, 3, 2, 4]);
    expect(elementsOf(stack([tensor(1), tensor(2)], -1))).toEqual([1, 2]);
    expect(stack([x], 1).shape).toEqual([2, 1, 2]);
  });

  test("refuses other shapes, other dtypes, other places", () => {
    expect(() => stack([loose, y as AnyTensor])).toThrow(
      new ShapeError("stack: operand 2 is [2, 1], and must have the shape of the first, [2, 2]"),
    );
    expect(() => stack([loose, loose], 3)).toThrow(
      new ShapeError("stack: 3 is no place for an axis beside those of [2, 2]; the new one is among 0 to 2"),
    );
    expect(() => stack([loose, loose], -4)).toThrow(ShapeError);
    expect(() => stack([] as AnyTensor[])).toThrow(
      new ShapeError("stack: the list is empty; give one tensor at least"),
    );
    expect(() => stack([loose, tensor([[true]]) as AnyTensor])).toThrow(DTypeError);
  });
});

describe("unstack", () => {
  test("undoes stack", () => {
    expect(unstack(x).map(elementsOf)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(unstack(x, -1).map(elementsOf)).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(elementsOf(stack(unstack(x, 1), 1))).toEqual([1, 2, 3, 4]);
  });

  test("pulls back the cotangents stacked", () => {
    const [, pullback] = vjp((x: Tensor<[2, 2]>) => unstack(x, 1))(x);
    expect(elementsOf(pullback([tensor([1, 2]), tensor([3, 4])]))).toEqual([1, 3, 2, 4]);
  });

  test("refuses rank 0", () => {
    expect(() => unstack(tensor(1) as AnyTensor)).toThrow(
      new ShapeError("unstack: 0 is not an axis of []; a tensor of rank 0 has none"),
    );
  });
});
