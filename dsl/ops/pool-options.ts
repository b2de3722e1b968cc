/** Sizes and options of pooling: their types, the lengths that they give, and what does not fit, with one text at both levels. */

import type { SubDigits } from "../digits.ts";
import type { AllLiteral, Digits } from "../dim.ts";
import { misfit, type PositiveFit, type Shape, type ShapeError, show } from "../shape.ts";
import {
  checkNames,
  checkSpan,
  type EntryAt,
  type NamesFit,
  type PaddingAt,
  type PaddingFit,
  type PerAxis,
  paddingPairs,
  positivePerAxis,
  type SpanFit,
  type StrideAt,
  type WindowDim,
  type WindowOptions,
} from "./spatial.ts";

/** The axes after batch and channels. */
export type Spatial = readonly [number, ...number[]];

/** The size of a window: one for every spatial axis, or one for each. */
export type WindowSize<X extends Spatial> = PerAxis<X, number>;

/** Spatial dims of the result: windows side by side are ⌊H / k⌋, so that a generic H stays readable. */
export type PoolDims<X extends readonly unknown[], K, O> = {
  -readonly [I in keyof X]: WindowDim<X[I], EntryAt<K, I>, StrideAt<O, I, K>, PaddingAt<O, I>>;
};

/** Refuses a size that is no whole number from 1 up, or larger than an axis with its padding. */
export type SizeFit<Op extends string, X extends Spatial, K, O> = AxisSizeFit<Op, X, K, O, "0"> &
  AxisSizeFit<Op, X, K, O, "1"> &
  AxisSizeFit<Op, X, K, O, "2">;
type AxisSizeFit<Op extends string, X, K, O, I extends string> = I extends keyof X
  ? PositiveFit<Op, "the size", EntryAt<K, I>> & SpanFit<Op, "window", I, X[I], EntryAt<K, I>, PaddingAt<O, I>>
  : unknown;

/** Refuses options that do not exist or do not fit. `Options` are the op's, and `Known` their names. */
export type OptionsFit<Op extends string, X extends Spatial, K, O, Options, Known extends string> = NamesFit<
  Op,
  O,
  Options,
  Known
> &
  AxisOptionsFit<Op, X, K, O, "0"> &
  AxisOptionsFit<Op, X, K, O, "1"> &
  AxisOptionsFit<Op, X, K, O, "2">;
type AxisOptionsFit<Op extends string, X, K, O, I> = I extends keyof X
  ? PositiveFit<Op, "stride", StrideAt<O, I, K>> &
      PaddingFit<Op, PaddingAt<O, I>> &
      WithinWindow<Op, EntryAt<K, I>, PaddingAt<O, I>>
  : unknown;

/** Refuses as much padding as a window has: such a window would hold nothing of x. */
type WithinWindow<Op extends string, K, P> = P extends readonly [infer Low, infer High]
  ? WithinWindow<Op, K, Low> & WithinWindow<Op, K, High>
  : AllLiteral<[K, P]> extends true
    ? [unknown] extends [PositiveFit<Op, "the size", K> & PaddingFit<Op, P>]
      ? SubDigits<Digits<P>, Digits<K>> extends "negative"
        ? unknown
        : ShapeError<BeyondWindow<Op, K, P>>
      : unknown
    : unknown;
type BeyondWindow<
  Op extends string,
  K,
  P,
> = `${Op}: padding ${Digits<P>} leaves a window of ${Digits<K>} with nothing of x; it must be less than the size`;
const beyondWindow = (op: string, size: number, padding: number): string =>
  `${op}: padding ${padding} leaves a window of ${size} with nothing of x; it must be less than the size`;

/** What pooling does along one spatial axis. */
export interface AxisWindow {
  readonly size: number;
  readonly stride: number;
  readonly padding: readonly [low: number, high: number];
}

/** The windows of each spatial axis of x; throws a `ShapeError` for what does not fit. */
export const windowsOf = (
  op: string,
  x: Shape,
  size: number | readonly number[],
  options: WindowOptions<Shape>,
  known: string,
): AxisWindow[] => {
  checkNames(op, options, known);
  if (x.length < 3)
    misfit(`${op}: ${show(x)} has rank ${x.length}, and must be [B, C, …] with a spatial axis; reshape it`);
  const spatial = x.slice(2);
  const rank = spatial.length;
  const sizes = positivePerAxis(op, "the size", size, rank);
  const strides = positivePerAxis(op, "stride", options.stride ?? size, rank);
  const paddings = paddingPairs(op, options.padding ?? 0, rank);
  return spatial.map((length, i) => {
    const [size, stride, padding] = [sizes[i] as number, strides[i] as number, paddings[i] as AxisWindow["padding"]];
    checkSpan(op, "window", i, length, padding, size);
    for (const width of padding) if (width >= size) misfit(beyondWindow(op, size, width));
    return { size, stride, padding };
  });
};

/** Windows along an axis of this length. */
export const windowCount = (length: number, { size, stride, padding: [low, high] }: AxisWindow): number =>
  Math.floor((length + low + high - size) / stride) + 1;
