/** Parts of a tensor along one axis: `slice` and `split`. */

import type { AddDigits } from "../digits.ts";
import type { AllLiteral, Digits, Minus, Plus, Quotient } from "../dim.ts";
import type { DType } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import {
  type AxesExist,
  type AxisFit,
  checkPositive,
  type DimAt,
  misfit,
  type NotWhole,
  normalizeAxis,
  type PositiveFit,
  type Shape,
  type ShapeError,
  type Show,
  show,
  type WithDim,
} from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { drawDType, tensorOperand } from "./move.ts";
import { sliceAxis } from "./window.ts";

/** a − b, where − 0 leaves a dim that is a type parameter as it is. */
type Less<A, B> = B extends 0 ? A : Minus<A, B>;

/** Elements from A to Z of D: both may count from the end, and no Z is the end. */
type Length<D, A, Z> = `${A & number}` extends `-${infer Back extends number}`
  ? [Z] extends [undefined]
    ? Back
    : `${Z & number}` extends `-${infer End extends number}`
      ? Minus<Back, End>
      : Minus<Z, Minus<D, Back>>
  : [Z] extends [undefined]
    ? Less<D, A>
    : `${Z & number}` extends `-${infer End extends number}`
      ? Minus<D, Plus<A, End>>
      : Less<Z, A>;

/** Elements of L that steps of N meet: ⌈L / N⌉. */
export type Stepped<L, N> = N extends 1 ? L : Quotient<Plus<L, Minus<N, 1>>, N>;

/** A place counted from the start; `never` before the first or after the end. */
type FromStart<D, A> = `${A & number}` extends `${bigint}`
  ? `${A & number}` extends `-${infer Back extends number}`
    ? Minus<D, Back>
    : [Minus<D, A>] extends [never]
      ? never
      : A
  : never;

type RangeFit<S, X, D, A, Z> =
  AllLiteral<[D, X, A, Z]> extends true
    ? InOrder<FromStart<D, A>, FromStart<D, Z>> extends true
      ? unknown
      : ShapeError<RangeMisfit<S, X, D, A, Z>>
    : unknown;
type InOrder<A, Z> = [A] extends [never]
  ? false
  : [Z] extends [never]
    ? false
    : [Minus<Z, A>] extends [never]
      ? false
      : true;

type RangeMisfit<S, X, D, A, Z> =
  `slice: ${A & number} to ${Z & number} is no range of axis ${X & number} of ${Show<S>}; start and end are whole numbers from -${D & number} to ${D & number}, the end not before the start`;
const rangeMisfit = (shape: Shape, axis: number, dim: number, start: number, end: number): string =>
  `slice: ${start} to ${end} is no range of axis ${axis} of ${show(shape)}; start and end are whole numbers from -${dim} to ${dim}, the end not before the start`;

type Slice = <
  S extends Shape,
  D extends DType,
  const X extends number,
  const A extends number,
  const Z extends number | undefined = undefined,
  const N extends number = 1,
>(
  x: In<S, D>,
  axis: X & AxisFit<"slice", S, X>,
  start: A & RangeFit<S, X, DimAt<S, X>, A, Z extends undefined ? DimAt<S, X> : Z>,
  end?: Z,
  step?: N & PositiveFit<"slice", "the step", N>,
) => Tensor<WithDim<S, X, Stepped<Length<DimAt<S, X>, A, Z>, N>>, D>;

/**
 * Elements `start` up to but without `end` of one axis, `step` apart: `slice(x, 1, 2, 5)`, `slice(x, -1, 1, -1)`,
 * `slice(x, 0, 0, undefined, 2)`. Negative places count from the end; without an end it goes to the last element. The
 * range must lie in the axis: nothing is clamped.
 * @throws ShapeError for an axis, range or step that does not fit.
 */
export const slice: Op<Slice> = op<Slice>(
  {
    name: "slice",
    kind: "move",
    law: "S, axis → S with ⌈(end − start) / step⌉ at the axis",
    formula: "out[…, i, …] = x[…, start + step · i, …]",
    gradient: "ct, padded with zeros",
    example: "slice(iota(10), 0, 1, -1, 3)",
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1 });
      const axis = draw.integer(-shape.length, shape.length - 1);
      const dim = shape.at(axis) as number;
      const start = draw.integer(0, dim);
      const end = draw.integer(start, dim);
      const fromEnd = (place: number): number => (place < dim ? draw.oneOf([place, place - dim]) : place);
      const x = draw.tensor(shape, { dtype: drawDType(draw) });
      return draw.oneOf([
        [x, axis, fromEnd(start)],
        [x, axis, fromEnd(start), fromEnd(end)],
        [x, axis, fromEnd(start), draw.oneOf([undefined, fromEnd(end)]), draw.integer(1, 3)],
      ]);
    },
  },
  ((x: AnyTensor, axis: number, start: number, end?: number, step = 1) => {
    const { shape }: { shape: Shape } = tensorOperand("slice", x);
    const place = normalizeAxis("slice", shape, axis);
    checkPositive("slice", "the step", step);
    const dim = shape[place] as number;
    const [first, last] = [start, end ?? dim].map((at) => (at < 0 ? at + dim : at)) as [number, number];
    const whole = Number.isInteger(first) && Number.isInteger(last);
    if (!whole || first < 0 || last > dim || first > last) misfit(rangeMisfit(shape, axis, dim, start, end ?? dim));
    return sliceAxis(x, place, first, Math.ceil((last - first) / step), step);
  }) as unknown as Slice,
);

type Sum<P, Out extends string = "0"> = P extends readonly [infer Head, ...infer Tail]
  ? Sum<Tail, AddDigits<Out, Digits<Head>>>
  : Out;

type SizesFit<S, X, D, P extends readonly unknown[]> =
  AllLiteral<P> extends true
    ? [NotWhole<P[number]>] extends [never]
      ? AllLiteral<[D, X]> extends true
        ? Sum<P> extends Digits<D>
          ? unknown
          : ShapeError<SumMisfit<S, X, D, P>>
        : unknown
      : ShapeError<SizeMisfit<P>>
    : unknown;

type SizeMisfit<P> = `split: sizes ${Show<P>} are not all whole numbers from 0 up`;
const sizeMisfit = (sizes: readonly number[]): string =>
  `split: sizes ${show(sizes)} are not all whole numbers from 0 up`;

type SumMisfit<S, X, D, P> =
  `split: sizes ${Show<P>} add up to ${Sum<P>}, and axis ${X & number} of ${Show<S>} has ${D & number}; they must be equal`;
const sumMisfit = (shape: Shape, axis: number, dim: number, sizes: readonly number[], sum: number): string =>
  `split: sizes ${show(sizes)} add up to ${sum}, and axis ${axis} of ${show(shape)} has ${dim}; they must be equal`;

type Split = <S extends Shape, D extends DType, const P extends readonly number[], const X extends number = 0>(
  x: In<S, D> & AxesExist<"split", S, X>,
  sizes: P & SizesFit<S, X, DimAt<S, X>, P>,
  axis?: X & AxisFit<"split", S, X>,
) => { readonly [K in keyof P]: Tensor<WithDim<S, X, P[K]>, D> };

/**
 * Consecutive parts along an axis, of these sizes: `const [scale, shift] = split(x, [64, 64], 1)`.
 * @throws ShapeError where the sizes do not add up to the dim.
 */
export const split: Op<Split> = op<Split>(
  {
    name: "split",
    kind: "move",
    law: "S, sizes, axis → S with sizes[0] at the axis, S with sizes[1], …",
    formula: "out_k[…, i, …] = x[…, sizes[0] + … + sizes[k − 1] + i, …]",
    gradient: "the cotangents, joined",
    example: "split(iota(5), [2, 3], 0)",
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1 });
      const axis = draw.integer(-shape.length, shape.length - 1);
      const x = draw.tensor(shape, { dtype: drawDType(draw) });
      const sizesOf = (dim: number): number[] => {
        const first = draw.integer(0, dim);
        const second = draw.integer(0, dim - first);
        return draw.oneOf([[dim], [first, dim - first], [first, second, dim - first - second]]);
      };
      return draw.oneOf([true, false])
        ? [x, sizesOf(shape.at(axis) as number), axis]
        : [x, sizesOf(shape[0] as number)];
    },
  },
  ((x: AnyTensor, sizes: readonly number[], axis = 0) => {
    const { shape }: { shape: Shape } = tensorOperand("split", x);
    const place = normalizeAxis("split", shape, axis);
    const dim = shape[place] as number;
    if (sizes.some((size) => !Number.isInteger(size) || size < 0)) misfit(sizeMisfit(sizes));
    const sum = sizes.reduce((sum, size) => sum + size, 0);
    if (sum !== dim) misfit(sumMisfit(shape, axis, dim, sizes, sum));
    let start = 0;
    return sizes.map((size) => {
      start += size;
      return sliceAxis(x, place, start - size, size);
    });
  }) as unknown as Split,
);
