/** `sort`, `argsort` and `topK`: elements in their order along an axis. */

import type { AllLiteral, IsLiteral, Minus } from "../dim.ts";
import type { DType, Numeric } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Draw, type Op, op } from "../op.ts";
import {
  type AxesExist,
  type DimAt,
  type HasRank,
  misfit,
  type NotWhole,
  normalizeAxis,
  type Shape,
  type ShapeError,
  type Show,
  show,
  type WithDim,
} from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { alongAxis } from "./along-axis.ts";
import type { AxesFit } from "./axes.ts";
import { gatherPrimitive } from "./gather.ts";
import { orderAlong } from "./order.ts";
import { checkReduced, isNumeric } from "./reduction.ts";

/** Devices compare each element with each, so that longer axes would be slow: they are refused everywhere. */
const longest = 4096;

type LengthFit<Name extends string, S extends readonly unknown[], X> =
  HasRank<S> extends true ? TooLong<Name, S, DimAt<S, X>> : unknown;
type TooLong<Name extends string, S, D> = [D] extends [never]
  ? unknown
  : IsLiteral<D> extends true
    ? [Minus<4096, D>] extends [never]
      ? ShapeError<LengthMisfit<Name, S, D>>
      : unknown
    : unknown;
type LengthMisfit<
  Name extends string,
  S,
  D,
> = `${Name}: ${Show<S>} has ${D & number} elements along the axis, and at most 4096 are sorted; sort parts of it`;
const checkLength = (name: string, shape: Shape, axis: number): void => {
  const length = shape[axis] as number;
  if (length > longest)
    misfit(
      `${name}: ${show(shape)} has ${length} elements along the axis, and at most ${longest} are sorted; sort parts of it`,
    );
};

interface SortOptions {
  /** The largest first; not so by default. */
  readonly descending?: boolean;
}

type Sort<Name extends string, Result extends DType | undefined> = <
  S extends Shape,
  D extends Numeric,
  const X extends number = -1,
>(
  x: In<S, D> & LengthFit<Name, S, X>,
  axis?: X & AxesFit<Name, S, X>,
  options?: SortOptions,
) => Tensor<S, Result extends DType ? Result : D>;

const elementsAt = (op: string, x: AnyTensor, indices: AnyTensor, axis: number): AnyTensor =>
  apply(gatherPrimitive, { axis, op, indices: indices.shape }, [x, indices]);

const sorting =
  (name: string, result: (x: AnyTensor, order: AnyTensor, axis: number) => AnyTensor) =>
  (x: AnyTensor, axis?: number, options?: SortOptions): AnyTensor => {
    checkReduced(name, x, isNumeric);
    return alongAxis(name, x, axis, (x, axis) => {
      checkLength(name, x.shape, axis);
      const count = (x.shape as Shape)[axis] as number;
      return result(x, orderAlong(x, { axis, descending: options?.descending ?? false, count }), axis);
    });
  };

/** Floats of which no two are equal, or integers of which some are. */
const drawKeys = (draw: Draw, shape: readonly number[]): AnyTensor =>
  draw.tensor(shape, draw.oneOf([{ distinct: true }, { distinct: true }, { dtype: "i32", below: 4 }] as const));

const drawSort = (draw: Draw): readonly unknown[] => {
  const shape = draw.shape();
  const x = drawKeys(draw, shape);
  const axis = shape.length === 0 ? undefined : draw.integer(-shape.length, shape.length - 1);
  return draw.oneOf([[x], axis === undefined ? [x] : [x, axis], [x, axis, { descending: draw.oneOf([true, false]) }]]);
};

/**
 * Elements in rising order along an axis, the last by default; in falling order with `descending`. Equal elements stay in
 * their order; NaN comes last in both.
 *
 * Shapes: S → S; the axis has at most 4096 elements, since devices compare each with each.
 * @throws ShapeError, DTypeError
 */
export const sort: Op<Sort<"sort", undefined>> = op<Sort<"sort", undefined>>(
  {
    name: "sort",
    kind: "index",
    law: "S, axis → S",
    formula: "x[…, argsort(x)[…, i, …], …]",
    gradient: "ct, back at the places that the elements came from",
    example: "sort(tensor([3, 1, 2]))",
    draw: drawSort,
  },
  sorting("sort", (x, order, axis) => elementsAt("sort", x, order, axis)) as unknown as Sort<"sort", undefined>,
);

/** The places along an axis of the elements that `sort` gives: `gather(x, argsort(x), -1)` is `sort(x)`. Of i32. */
export const argsort: Op<Sort<"argsort", "i32">> = op<Sort<"argsort", "i32">>(
  {
    name: "argsort",
    kind: "index",
    law: "S, axis → S of i32",
    formula: "the places of the elements in rising order",
    gradient: "none",
    example: "argsort(tensor([3, 1, 2]))",
    draw: drawSort,
  },
  sorting("argsort", (_, order) => order) as unknown as Sort<"argsort", "i32">,
);

type CountFit<S extends readonly unknown[], X, K> =
  AllLiteral<[DimAt<S, X>, X, K]> extends true
    ? [NotWhole<K>] extends [never]
      ? K extends 0
        ? ShapeError<CountMisfit<S, X, K>>
        : [Minus<DimAt<S, X>, K>] extends [never]
          ? ShapeError<CountMisfit<S, X, K>>
          : unknown
      : ShapeError<CountMisfit<S, X, K>>
    : unknown;
type CountMisfit<
  S extends readonly unknown[],
  X,
  K,
> = `topK: k is ${K & number}, and must be a whole number from 1 to ${DimAt<S, X> & number}, the length of axis ${X & number} of ${Show<S>}`;
const countMisfit = (shape: Shape, axis: number, length: number, k: number): string =>
  `topK: k is ${k}, and must be a whole number from 1 to ${length}, the length of axis ${axis} of ${show(shape)}`;

type TopK = <S extends Shape, D extends Numeric, const K extends number, const X extends number = -1>(
  x: In<S, D> & AxesExist<"topK", S, X> & LengthFit<"topK", S, X>,
  k: K & CountFit<S, X, K>,
  axis?: X & AxesFit<"topK", S, X>,
) => readonly [values: Tensor<WithDim<S, X, K>, D>, indices: Tensor<WithDim<S, X, K>, "i32">];

/**
 * The k largest elements along an axis, the last by default, in falling order, and their places:
 * `const [values, indices] = topK(scores, 5)`. Of equal elements the first come first; NaN comes last.
 *
 * Shapes: S → S with k at the axis, twice; the axis has at most 4096 elements.
 * @throws ShapeError, DTypeError
 */
export const topK: Op<TopK> = op<TopK>(
  {
    name: "topK",
    kind: "index",
    law: "S, k, axis → S with k at the axis; the same of i32",
    formula: "the first k of sort(x, axis, { descending: true }), and of argsort",
    gradient: "ct of the values, back at the places that they came from",
    example: "topK(tensor([3, 1, 2]), 2)",
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1, minDim: 1 });
      const axis = draw.oneOf([undefined, draw.integer(-shape.length, shape.length - 1)]);
      const k = draw.integer(1, shape.at(axis ?? -1) as number);
      const x = drawKeys(draw, shape);
      return axis === undefined ? [x, k] : [x, k, axis];
    },
  },
  ((x: AnyTensor, k: number, axis = -1): readonly [AnyTensor, AnyTensor] => {
    checkReduced("topK", x, isNumeric);
    const shape: Shape = x.shape;
    const along = normalizeAxis("topK", shape, axis);
    checkLength("topK", shape, along);
    const length = shape[along] as number;
    if (!Number.isInteger(k) || k < 1 || k > length) misfit(countMisfit(shape, axis, length, k));
    const order = orderAlong(x, { axis: along, descending: true, count: k });
    return [elementsAt("topK", x, order, along), order];
  }) as unknown as TopK,
);
