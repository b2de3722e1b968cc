/** What lies along diagonals of matrices: `eye`, `tril`, `triu`. */

import { type DType, dtypes } from "../dtype.ts";
import { checkDType } from "../narrow.ts";
import { type Draw, type Op, op } from "../op.ts";
import { constant, type Expression, input } from "../scalar/expression.ts";
import { add, equal, greaterEqual, lessEqual, select } from "../scalar/index.ts";
import { checkNatural, checkWhole, misfit, type NaturalFit, type Shape, show, type WholeFit } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { applyExpression, scalarTypeOf } from "./elementwise.ts";
import { placesAlong } from "./make.ts";
import { drawDType, tensorOperand } from "./move.ts";

const [row, column] = [input(0, "i32"), input(1, "i32")];
const one = (dtype: DType): Expression => (dtype === "bool" ? constant(true) : constant(1, scalarTypeOf(dtype)));
const zero = (dtype: DType): Expression => (dtype === "bool" ? constant(false) : constant(0, scalarTypeOf(dtype)));

type Eye = <const N extends number, const M extends number = N, D extends DType = "f32">(
  n: N & NaturalFit<"eye", "n", N>,
  m?: M & NaturalFit<"eye", "m", M>,
  dtype?: D,
) => Tensor<[N, M], D>;

/**
 * 1 on the diagonal and 0 elsewhere: `eye(3)`, `eye(3, 4)`, `eye(3, 3, "bool")`. Shape: [n, m], with m equal to n if it is
 * not given.
 * @throws ShapeError for sizes that are no whole numbers from 0 up
 */
export const eye: Op<Eye> = op<Eye>(
  {
    name: "eye",
    kind: "make",
    law: "N, M → [N, M]",
    formula: "1 where i = j, else 0",
    gradient: "none",
    example: "eye(2, 3)",
    draw: (draw) => {
      const [n, m] = [draw.integer(0, 4), draw.integer(0, 4)];
      return draw.oneOf<readonly unknown[]>([[n], [n, m], [n, m, draw.oneOf(dtypes)]]);
    },
  },
  ((n: number, m: number = n, dtype: DType = "f32") => {
    checkNatural("eye", "n", n);
    checkNatural("eye", "m", m);
    checkDType("eye", dtype);
    const places = [placesAlong([n, m], 0), placesAlong([n, m], 1)];
    return applyExpression("eye", select.of(equal.of(row, column), one(dtype), zero(dtype)), dtype, places);
  }) as unknown as Eye,
);

type Triangle<Name extends string> = <
  B extends Shape,
  M extends number,
  N extends number,
  D extends DType,
  const K extends number = 0,
>(
  x: In<readonly [...B, M, N], D>,
  diagonal?: K & WholeFit<Name, "the diagonal", K>,
) => Tensor<[...B, M, N], D>;

const triangle =
  (name: string, keeps: (column: Expression, bound: Expression) => Expression) =>
  (x: AnyTensor, diagonal = 0): AnyTensor => {
    const { shape, dtype }: { shape: Shape; dtype: DType } = tensorOperand(name, x);
    if (shape.length < 2)
      misfit(`${name}: ${show(shape)} has rank ${shape.length}, and must have 2 or more; reshape it`);
    checkWhole(name, "the diagonal", diagonal);
    const places = [placesAlong(shape, shape.length - 2), placesAlong(shape, shape.length - 1)];
    const isKept = keeps(column, add.of(row, constant(diagonal, "i32")));
    const kept = select.of(isKept, input(2, scalarTypeOf(dtype)), zero(dtype));
    return applyExpression(name, kept, dtype, [...places, x]);
  };

const drawTriangle = (draw: Draw): readonly unknown[] => {
  const x = draw.tensor(draw.shape({ minRank: 2 }), { dtype: drawDType(draw) });
  return draw.oneOf([[x], [x, draw.integer(-3, 3)]]);
};

/**
 * The lower triangle of the last two axes: elements on and below a diagonal, 0 above it. Diagonal k has the places with
 * j − i = k; 0, the main one, by default.
 *
 * Shapes: [...B, M, N] → the same.
 * @throws ShapeError
 */
export const tril: Op<Triangle<"tril">> = op<Triangle<"tril">>(
  {
    name: "tril",
    kind: "map",
    law: "[...B, M, N], k → [...B, M, N]",
    formula: "x where j − i ≤ k, else 0",
    gradient: "ct where j − i ≤ k",
    example: "tril(ones([3, 3]))",
    draw: drawTriangle,
  },
  triangle("tril", (column, bound) => lessEqual.of(column, bound)) as unknown as Triangle<"tril">,
);

/**
 * The upper triangle of the last two axes: elements on and above a diagonal, 0 below it. Diagonal k has the places with
 * j − i = k; 0, the main one, by default.
 *
 * Shapes: [...B, M, N] → the same.
 * @throws ShapeError
 */
export const triu: Op<Triangle<"triu">> = op<Triangle<"triu">>(
  {
    name: "triu",
    kind: "map",
    law: "[...B, M, N], k → [...B, M, N]",
    formula: "x where j − i ≥ k, else 0",
    gradient: "ct where j − i ≥ k",
    example: "triu(ones([3, 3]), 1)",
    draw: drawTriangle,
  },
  triangle("triu", (column, bound) => greaterEqual.of(column, bound)) as unknown as Triangle<"triu">,
);
