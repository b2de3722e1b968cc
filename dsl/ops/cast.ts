/** `cast`: another element type, the one way in which dtypes change. */

import { type DType, DTypeError, dtypes, isFloat } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { type Expression, input } from "../scalar/expression.ts";
import { toBool, toF32, toI32, toU32 } from "../scalar/index.ts";
import type { Shape } from "../shape.ts";
import { type AnyTensor, type In, isTensor, type Tensor } from "../tensor.ts";
import { applyExpression, scalarTypeOf } from "./elementwise.ts";

type Cast = <S extends Shape, D extends DType>(x: In<S>, dtype: D) => Tensor<S, D>;

const conversions = { f32: toF32, i32: toI32, u32: toU32, bool: toBool } as const;

const converted = (from: DType, to: DType): Expression => {
  const x = input(0, scalarTypeOf(from));
  // Between floats an element only is rounded as it is stored.
  return isFloat(from) && isFloat(to) ? x : conversions[scalarTypeOf(to)].of(x);
};

/**
 * The tensor in another element type.
 *
 * Floats to integers: the fraction is cut off, what lies beyond the range gives its end, NaN gives 0. Between i32 and u32:
 * the same bits. To bool: whether an element differs from 0; from bool: 0 and 1. To f16: the nearest, halves to even.
 * @throws DTypeError for a name that is no dtype
 */
export const cast: Op<Cast> = op<Cast>(
  {
    name: "cast",
    kind: "map",
    law: "S, dtype → S",
    formula: "x in another type",
    gradient: "ct in the type of x, between floats",
    example: 'cast(tensor([-1.5, 2.7]), "i32")',
    draw: (draw) => {
      const from = draw.integer(0, 2) > 0 ? "f32" : draw.oneOf(dtypes);
      const x = draw.tensor(draw.shape(), { dtype: from, ...(isFloat(from) ? { domain: [-9, 9] as const } : {}) });
      return [x, draw.integer(0, 2) > 0 ? draw.oneOf(["f32", "f16"] as const) : draw.oneOf(dtypes)];
    },
  },
  ((x: unknown, dtype: DType): AnyTensor => {
    if (!isTensor(x)) throw new TypeError(`cast: operand 1 is ${x === null ? "null" : typeof x}, and must be a tensor`);
    if (!dtypes.includes(dtype))
      throw new DTypeError(`cast: ${dtype} is no dtype; the dtypes are ${dtypes.join(", ")}`);
    return x.dtype === dtype ? x : applyExpression("cast", converted(x.dtype, dtype), dtype, [x]);
  }) as Cast,
);
