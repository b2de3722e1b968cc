import { describe, expect, test } from "vitest";
import { tensor } from "../../../dsl/host.ts";
import { expand } from "../../../dsl/ops/move.ts";
import { reshape } from "../../../dsl/ops/reshape.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const x: Tensor<[2, 3]> = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const loose = x as AnyTensor;

describe("reshape", () => {
  test("keeps the row-major order", () => {
    expect(reshape(x, [3, 2]).shape).toEqual([3, 2]);
    expect(elementsOf(reshape(x, [3, 2]))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(reshape(tensor(4), [1, 1, 1]).shape).toEqual([1, 1, 1]);
  });

  test("puts what is left for -1", () => {
    expect(reshape(x, [-1]).shape).toEqual([6]);
    expect(reshape(x, [3, -1]).shape).toEqual([3, 2]);
    expect(reshape(x, [6, -1, 1]).shape).toEqual([6, 1, 1]);
    expect(reshape(expand(tensor(1), [0, 4]), [5, -1]).shape).toEqual([5, 0]);
  });

  test("to the own shape is the operand itself", () => {
    expect(reshape(x, [2, 3])).toBe(x);
  });

  test("pulls back to the shape of the operand", () => {
    const [, pullback] = vjp((x: Tensor<[2, 3]>) => reshape(x, [3, 2]))(x);
    const ct = pullback(reshape(x, [3, 2]));
    expect([ct.shape, elementsOf(ct)]).toEqual([[2, 3], elementsOf(x)]);
  });

  test.each([
    [[2, 2], "reshape: [2, 3] has 6 elements, [2, 2] has 4; the counts must be equal, and -1 stands for what is left"],
    [[4, -1], "reshape: [2, 3] has 6 elements, which the 4 of [4, -1] without -1 do not divide"],
    [[0, -1], "reshape: [2, 3] has 6 elements, which the 0 of [0, -1] without -1 do not divide"],
    [[-1, -1], "reshape: [-1, -1] has more than one -1; give all dims but one"],
    [[-2, -3], "reshape: [-2, -3] is not a shape; dims are whole numbers from 0 up, and one may be -1"],
    [[1.5, 4], "reshape: [1.5, 4] is not a shape; dims are whole numbers from 0 up, and one may be -1"],
  ])("refuses %j", (shape, message) => {
    expect(() => reshape(loose, shape)).toThrow(new ShapeError(message));
  });
});
