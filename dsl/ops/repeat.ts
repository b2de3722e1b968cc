/** Elements several times: `repeat` one by one, `tile` all of them. */

import type { Times } from "../dim.ts";
import type { DType } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import {
  type AxisFit,
  checkPositive,
  type DimAt,
  type HasRank,
  misfit,
  normalizeAxis,
  type PositiveFit,
  type Shape,
  type ShapeError,
  type Show,
  show,
  type WithDim,
} from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { expandTo, repeatAlong, reshapeTo } from "./broadcast.ts";
import { drawDType, tensorOperand } from "./move.ts";

type Repeat = <S extends Shape, D extends DType, const N extends number, const X extends number>(
  x: In<S, D>,
  times: N & PositiveFit<"repeat", "the number of times", N>,
  axis: X & AxisFit<"repeat", S, X>,
) => Tensor<WithDim<S, X, Times<DimAt<S, X>, N>>, D>;

/**
 * Each element of an axis several times, one after another: `repeat(x, 2, 0)` of [a, b] is [a, a, b, b]. For all of them in
 * turn there is `tile`.
 * @throws ShapeError for an axis that x does not have, or a number of times that is no whole number from 1 up.
 */
export const repeat: Op<Repeat> = op<Repeat>(
  {
    name: "repeat",
    kind: "move",
    law: "S, times, axis → S with times · the dim at the axis",
    formula: "out[…, i, …] = x[…, ⌊i / times⌋, …]",
    gradient: "the sum of ct over the copies",
    example: "repeat(tensor([1, 2]), 3, 0)",
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1, maxRank: 3 });
      const x = draw.tensor(shape, { dtype: drawDType(draw) });
      return [x, draw.integer(1, 3), draw.integer(-shape.length, shape.length - 1)];
    },
  },
  ((x: AnyTensor, times: number, axis: number) => {
    const { shape }: { shape: Shape } = tensorOperand("repeat", x);
    checkPositive("repeat", "the number of times", times);
    return repeatAlong(x, normalizeAxis("repeat", shape, axis), times);
  }) as unknown as Repeat,
);

type Tiled<S extends readonly unknown[], T extends readonly unknown[]> = number extends T["length"]
  ? // biome-ignore lint/suspicious/noExplicitAny: the numbers are known when the program runs
    { -readonly [K in keyof S]: any }
  : { -readonly [K in keyof S]: K extends keyof T ? Times<S[K], T[K]> : never };

type TileFit<S extends readonly unknown[], T extends readonly unknown[]> = number extends T["length"]
  ? unknown
  : HasRank<S> extends true
    ? T["length"] extends S["length"]
      ? FirstMisfit<T>
      : ShapeError<CountMisfit<S, T>>
    : unknown;

type FirstMisfit<T> = T extends readonly [infer N, ...infer Rest]
  ? [unknown] extends [PositiveFit<"tile", "a number of times", N>]
    ? FirstMisfit<Rest>
    : PositiveFit<"tile", "a number of times", N>
  : unknown;

type CountMisfit<
  S extends readonly unknown[],
  T extends readonly unknown[],
> = `tile: ${Show<T>} for ${Show<S>}; say of each of its ${S["length"]} axes how many times`;
const countMisfit = (shape: Shape, times: readonly number[]): string =>
  `tile: ${show(times)} for ${show(shape)}; say of each of its ${shape.length} axes how many times`;

type Tile = <S extends Shape, D extends DType, const T extends readonly number[]>(
  x: In<S, D>,
  times: T & TileFit<S, T>,
) => Tensor<Tiled<S, T>, D>;

/**
 * All of x several times, side by side along each axis: `tile(x, [2])` of [a, b] is [a, b, a, b]. For elements one by one
 * there is `repeat`.
 * @throws ShapeError unless there is a whole number from 1 up for each axis.
 */
export const tile: Op<Tile> = op<Tile>(
  {
    name: "tile",
    kind: "move",
    law: "S, times → [times[0] · S[0], …]",
    formula: "out[i, j, …] = x[i mod S[0], j mod S[1], …]",
    gradient: "the sum of ct over the copies",
    example: "tile(tensor([1, 2]), [3])",
    draw: (draw) => {
      const shape = draw.shape({ maxRank: 3 });
      return [draw.tensor(shape, { dtype: drawDType(draw) }), shape.map(() => draw.integer(1, 3))];
    },
  },
  ((x: AnyTensor, times: readonly number[]) => {
    const { shape }: { shape: Shape } = tensorOperand("tile", x);
    if (times.length !== shape.length) misfit(countMisfit(shape, times));
    for (const number of times) checkPositive("tile", "a number of times", number);
    const apart = reshapeTo(
      x,
      shape.flatMap((dim) => [1, dim]),
    );
    const copies = shape.flatMap((dim, axis) => [times[axis] as number, dim]);
    return reshapeTo(
      expandTo(apart, copies),
      shape.map((dim, axis) => dim * (times[axis] as number)),
    );
  }) as unknown as Tile,
);
