import { describe, expect, test } from "vitest";
import { DTypeError } from "../../../dsl/dtype.ts";
import { tensor } from "../../../dsl/host.ts";
import { pad } from "../../../dsl/ops/pad.ts";
import { ShapeError } from "../../../dsl/shape.ts";
import type { AnyTensor, Tensor } from "../../../dsl/tensor.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const x: Tensor<[2, 3]> = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);
const loose = x as AnyTensor;
const none = [0, 0] as const;

describe("pad", () => {
  test("puts zeros, or a value, around", () => {
    expect(elementsOf(pad(x, [none, [1, 2]]))).toEqual([0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0]);
    expect(elementsOf(pad(x, [[1, 0], none], { value: -0.5 }))).toEqual([-0.5, -0.5, -0.5, 1, 2, 3, 4, 5, 6]);
    expect(pad(x, [[1, 0], none]).shape).toEqual([3, 3]);
  });

  test("crops where a width is negative", () => {
    expect(elementsOf(pad(x, [none, [-1, 0]]))).toEqual([2, 3, 5, 6]);
    expect(elementsOf(pad(x, [none, [1, -2]], { value: 9 }))).toEqual([9, 1, 9, 4]);
    expect(elementsOf(pad(x, [none, [-3, 0]]))).toEqual([]);
  });

  test("crops what it padded, where there is less of the operand", () => {
    expect(elementsOf(pad(tensor([1, 2]), [[-3, 5]], { value: 7 }))).toEqual([7, 7, 7, 7]);
  });

  test("repeats what is at the end, or reflects what is before it", () => {
    const row = tensor([1, 2, 3, 4]);
    const reflected: Tensor<[9]> = pad(row, [[3, 2]], { mode: "reflect" });
    expect(elementsOf(reflected)).toEqual([4, 3, 2, 1, 2, 3, 4, 3, 2]);
    expect(elementsOf(pad(row, [[2, 1]], { mode: "replicate" }))).toEqual([1, 1, 1, 2, 3, 4, 4]);
    expect(elementsOf(pad(row, [[-2, 2]], { mode: "reflect" }))).toEqual([3, 4, 3, 2]);
    expect(elementsOf(pad(row, [[2, -5]], { mode: "replicate" }))).toEqual([1]);
    expect(elementsOf(pad(x, [[1, 0], [1, 1]], { mode: "reflect" }))).toEqual([5, 4, 5, 6, 5, 2, 1, 2, 3, 2, 5, 4, 5, 6, 5]); // biome-ignore format: a call on one line
    expect(elementsOf(pad(tensor([true, false]), [[0, 2]], { mode: "replicate" }))).toEqual([1, 0, 0, 0]);
  });

  test("refuses to put more around than there is, and a value that stands nowhere", () => {
    const row = tensor([1, 2, 3]);
    expect(() =>
      // @ts-expect-error no third element before the last
      pad(row, [[0, 3]], { mode: "reflect" }),
    ).toThrow(
      new ShapeError(
        "pad: axis 0 of [3] has not enough elements to reflect for widths [0, 3]; pad less, or with a value",
      ),
    );
    expect(() =>
      // @ts-expect-error a value that stands nowhere
      pad(row, [[0, 1]], { mode: "replicate", value: 1 }),
    ).toThrow(new ShapeError("pad: the value 1 stands nowhere in mode replicate; leave one of them out"));
    // @ts-expect-error no such mode
    expect(() => pad(row, [[0, 1]], { mode: "wrap" })).toThrow(
      new ShapeError("pad: wrap is no mode; they are constant, reflect, replicate"),
    );
  });

  test("by nothing is the operand itself", () => {
    expect(pad(x, [none, none])).toBe(x);
  });

  test("pads integers and booleans", () => {
    expect(elementsOf(pad(tensor([1, 2], "i32"), [[1, 0]], { value: -4 }))).toEqual([-4, 1, 2]);
    expect(elementsOf(pad(tensor([true]), [[1, 0]]))).toEqual([0, 1]);
    expect(elementsOf(pad(tensor([false]), [[0, 1]], { value: true }))).toEqual([0, 1]);
  });

  test("pulls back what it kept", () => {
    const [, pullback] = vjp((x: Tensor<[2, 3]>) => pad(x, [[1, 0], [-1, 2]], { value: 3 }))(x); // biome-ignore format: a call on one line
    const ct = tensor([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
    ]);
    expect(elementsOf(pullback(ct))).toEqual([0, 5, 6, 0, 9, 10]);
  });

  test.each<readonly [readonly (readonly [number, number])[], string]>([
    [[none], "pad: 1 pairs of widths for [2, 3]; give a pair [low, high] for each of its 2 axes"],
    [[none, [-2, -2]], "pad: widths [-2, -2] take more than axis 1 of [2, 3] has, 3; crop less"],
    [[none, [0.5, 0]], "pad: width 0.5 is not a whole number"],
    [[none, [1] as unknown as [number, number]], "pad: [1] is no pair of widths [low, high]"],
  ])("refuses %j", (widths, message) => {
    expect(() => pad(loose, widths)).toThrow(new ShapeError(message));
  });

  test("refuses a value that is no element", () => {
    expect(() => pad(tensor([1], "u32"), [[1, 0]], { value: -1 })).toThrow(
      new DTypeError("pad: -1 is no u32; cast the tensor, or round the number"),
    );
    expect(() => pad(loose as Tensor<[2, 3], "bool">, [none, none], { value: true })).toThrow(
      new DTypeError("pad: the value is true, and must be a number beside f32[2, 3]"),
    );
  });
});
