/** Slices of a tensor by their indices: `take` along any axis, and `embedding`, which takes rows. */

import type { DType, Int } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Axis, misfit, normalizeAxis, type Shape, sizeOf, withDim } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import type { AxesFit } from "./axes.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";
import { gatherPrimitive, indexOperand } from "./gather.ts";
import { drawDType, tensorOperand } from "./move.ts";

/** S with the dims I in the place of an axis. */
type Replaced<
  S extends readonly unknown[],
  A,
  I extends readonly unknown[],
  Before extends readonly unknown[] = [],
> = S extends readonly [infer Head, ...infer Tail]
  ? Before["length"] extends A
    ? [...Before, ...I, ...Tail]
    : Replaced<Tail, A, I, [...Before, Head]>
  : S extends readonly []
    ? Before
    : // biome-ignore lint/suspicious/noExplicitAny: the rank is known when the program runs
      any;

type Taken<S extends readonly unknown[], X, I extends readonly unknown[]> = number extends X
  ? // biome-ignore lint/suspicious/noExplicitAny: which axis is replaced is known when the program runs
    any
  : Replaced<S, Axis<S, X>, I>;

/** The slices along an axis that the indices name, which stand in the place of the axis. */
const takeAlong = (op: string, x: AnyTensor, indices: AnyTensor, axis: number): AnyTensor => {
  const shape: Shape = x.shape;
  const places: Shape = indices.shape;
  const count = sizeOf(places);
  const along = reshapeTo(
    indices,
    shape.map((_, other) => (other === axis ? count : 1)),
  );
  const perElement = expandTo(along, withDim(shape, axis, count));
  const slices = apply(gatherPrimitive, { axis, op, indices: places }, [x, perElement]);
  return reshapeTo(slices, [...shape.slice(0, axis), ...places, ...shape.slice(axis + 1)]);
};

type Take = <S extends Shape, D extends DType, I extends Shape, const X extends number>(
  x: In<S, D>,
  indices: In<I, Int>,
  axis: X & AxesFit<"take", S, X>,
) => Tensor<Taken<S, X, I>, D>;

const drawIndices = (draw: Draw, size: number): AnyTensor =>
  draw.tensor(draw.shape({ maxRank: 2 }), { dtype: draw.oneOf(["i32", "u32"]), below: size });

/**
 * Whole slices along an axis: out[…, i, …] = x[…, indices[i], …], `take(x, order, 0)`.
 *
 * Shapes: S, I of i32 or u32 → S with the dims I in the place of the axis.
 * @throws ShapeError, DTypeError; ShapeError where an index is out of range
 */
export const take: Op<Take> = op<Take>(
  {
    name: "take",
    kind: "index",
    law: "S, I, axis → S with the dims I in the place of the axis",
    formula: "x[…, indices[i], …]",
    gradient: "slices of ct added up at the indices",
    example: 'take(tensor([[1, 2], [3, 4], [5, 6]]), tensor([2, 0], "i32"), 0)',
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1, maxRank: 3, minDim: 1 });
      const axis = draw.integer(-shape.length, shape.length - 1);
      return [draw.tensor(shape, { dtype: drawDType(draw) }), drawIndices(draw, shape.at(axis) as number), axis];
    },
  },
  ((x: AnyTensor, indices: AnyTensor, axis: number): AnyTensor => {
    const { shape }: { shape: Shape } = tensorOperand("take", x);
    return takeAlong("take", x, indexOperand("take", indices), normalizeAxis("take", shape, axis));
  }) as unknown as Take,
);

type Embedding = <V extends number, R extends Shape, I extends Shape, D extends DType>(
  table: In<readonly [V, ...R], D>,
  indices: In<I, Int>,
) => Tensor<[...I, ...R], D>;

/**
 * Rows of a table: out[…, e] = table[indices[…], e].
 *
 * Shapes: [V, ...R], I of i32 or u32 → [...I, ...R].
 * @throws ShapeError, DTypeError; ShapeError where an index is out of range
 */
export const embedding: Op<Embedding> = op<Embedding>(
  {
    name: "embedding",
    kind: "index",
    law: "[V, ...R], I → [...I, ...R]",
    formula: "table[indices[…], …]",
    gradient: "rows of ct added up at the indices",
    example: 'embedding(tensor([[1, 2], [3, 4], [5, 6]]), tensor([2, 0], "i32"))',
    draw: (draw) => {
      const table = draw.shape({ minRank: 1, maxRank: 3, minDim: 1 });
      return [draw.tensor(table), drawIndices(draw, table[0] as number)];
    },
  },
  ((table: AnyTensor, indices: AnyTensor): AnyTensor => {
    const { shape }: { shape: Shape } = tensorOperand("embedding", table);
    const places = indexOperand("embedding", indices);
    if (shape.length === 0) misfit("embedding: the table is [], and must have rank 1 or more");
    return takeAlong("embedding", table, places, 0);
  }) as unknown as Embedding,
);
