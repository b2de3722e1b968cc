/** `oneHot`: indices as vectors. */

import { type DType, dtypes, type Int } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { checkDType } from "../narrow.ts";
import { type Op, op } from "../op.ts";
import { checkPositive, type PositiveFit, type Shape } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { indexOperand, scatterAddPrimitive } from "./gather.ts";
import { fullPrimitive } from "./make.ts";

type OneHot = <I extends Shape, const N extends number, D extends DType = "f32">(
  indices: In<I, Int>,
  n: N & PositiveFit<"oneHot", "n", N>,
  dtype?: D,
) => Tensor<[...I, N], D>;

/**
 * 1 at the index and 0 elsewhere, along a new last axis of length n.
 *
 * Shapes: I of i32 or u32 → [...I, n], of f32 unless another dtype is named.
 * @throws ShapeError, DTypeError; ShapeError where an index is out of range
 */
export const oneHot: Op<OneHot> = op<OneHot>(
  {
    name: "oneHot",
    kind: "index",
    law: "I → [...I, n]",
    formula: "1 where the place along the last axis is the index, else 0",
    gradient: "none",
    example: 'oneHot(tensor([2, 0], "i32"), 3)',
    draw: (draw) => {
      const n = draw.integer(1, 5);
      const indices = draw.tensor(draw.shape({ maxRank: 3 }), { dtype: draw.oneOf(["i32", "u32"]), below: n });
      return draw.oneOf([
        [indices, n],
        [indices, n, draw.oneOf(dtypes)],
      ]);
    },
  },
  ((indices: AnyTensor, n: number, dtype: DType = "f32"): AnyTensor => {
    const places: Shape = indexOperand("oneHot", indices).shape;
    checkPositive("oneHot", "n", n);
    checkDType("oneHot", dtype);
    const shape = [...places, 1];
    const ones = apply(fullPrimitive, { shape, dtype, value: 1 }, []);
    const params = { axis: places.length, op: "oneHot", indices: places, size: n };
    return apply(scatterAddPrimitive, params, [ones, reshapeTo(indices, shape)]);
  }) as unknown as OneHot,
);
