/**
 * `avgPool` and `maxPool`: means and maxima of windows.
 *
 * Both are taken along one axis after another, the last first: a window of k · k places costs 2 k, and a first maximum of
 * first maxima is the first in row-major order.
 */

import type { Float } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Expression, input } from "../scalar/expression.ts";
import { add, div, greater, mul, notEqual, or, select } from "../scalar/index.ts";
import type { Shape } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { composite } from "./composite.ts";
import { applyExpression, checkFloat } from "./elementwise.ts";
import { vectorAlong } from "./make.ts";
import {
  type AxisWindow,
  type OptionsFit,
  type PoolDims,
  type SizeFit,
  type Spatial,
  type WindowSize,
  windowCount,
  windowsOf,
} from "./pool-options.ts";
import type { WindowOptions } from "./spatial.ts";
import { padAxis, sliceAxis } from "./window.ts";

interface AvgPoolOptions<X extends readonly unknown[]> extends WindowOptions<X> {
  /** Whether the zeros of the padding count as elements of the mean; true by default. */
  readonly countPadding?: boolean;
}

const avgPoolOptions = "stride, padding and countPadding";
const maxPoolOptions = "stride and padding";

type AvgPool = <
  B extends number,
  C extends number,
  X extends Spatial,
  D extends Float,
  const K extends WindowSize<X>,
  const O extends AvgPoolOptions<X> = Record<never, never>,
>(
  x: In<readonly [B, C, ...X], D>,
  size: K & SizeFit<"avgPool", X, K, O>,
  options?: O & OptionsFit<"avgPool", X, K, O, AvgPoolOptions<X>, typeof avgPoolOptions>,
) => Tensor<[B, C, ...PoolDims<X, K, O>], D>;

type MaxPool = <
  B extends number,
  C extends number,
  X extends Spatial,
  D extends Float,
  const K extends WindowSize<X>,
  const O extends WindowOptions<X> = Record<never, never>,
>(
  x: In<readonly [B, C, ...X], D>,
  size: K & SizeFit<"maxPool", X, K, O>,
  options?: O & OptionsFit<"maxPool", X, K, O, WindowOptions<X>, typeof maxPoolOptions>,
) => Tensor<[B, C, ...PoolDims<X, K, O>], D>;

/** For each place of a window along an axis, what all windows have there; `value` is what stands in the padding. */
const placesOf = (x: AnyTensor, axis: number, window: AxisWindow, value: number): AnyTensor[] => {
  const count = windowCount(x.shape[axis], window);
  const [low, high] = window.padding;
  const padded = padAxis(x, axis, { low, high }, value);
  return Array.from({ length: window.size }, (_, k) => sliceAxis(padded, axis, k, count, window.stride));
};

const reduceWindows = (
  x: AnyTensor,
  windows: readonly AxisWindow[],
  reduceAxis: (x: AnyTensor, axis: number, window: AxisWindow) => AnyTensor,
): AnyTensor => windows.reduceRight((reduced, window, i) => reduceAxis(reduced, i + 2, window), x);

/** How many elements of an axis each window holds. */
const countsOf = (length: number, window: AxisWindow): number[] => {
  const { size, stride, padding } = window;
  return Array.from({ length: windowCount(length, window) }, (_, i) => {
    const start = i * stride - padding[0];
    return Math.min(start + size, length) - Math.max(start, 0);
  });
};

const avgBody = composite("avgPool", (x: AnyTensor, windows: readonly AxisWindow[], countPadding: boolean) =>
  reduceWindows(x, windows, (x, axis, window) => {
    const places = placesOf(x, axis, window, 0);
    const sum = places.map((_, k): Expression => input(k)).reduce((sum, term) => add.of(sum, term));
    if (countPadding || window.padding.every((width) => width === 0))
      return applyExpression("avgPool", mul.of(sum, 1 / window.size), x.dtype, places);
    const counts = vectorAlong(places[0] as AnyTensor, axis, countsOf(x.shape[axis], window));
    return applyExpression("avgPool", div.of(sum, input(places.length)), x.dtype, [...places, counts]);
  }),
);

/** b where it is larger, or is NaN; of equal ones a, which comes first. */
const later = (a: Expression, b: Expression): Expression => select.of(or.of(greater.of(b, a), notEqual.of(b, b)), b, a);

const maxBody = composite("maxPool", (x: AnyTensor, windows: readonly AxisWindow[]) =>
  reduceWindows(x, windows, (x, axis, window) => {
    const places = placesOf(x, axis, window, -Infinity);
    return applyExpression("maxPool", places.map((_, k): Expression => input(k)).reduce(later), x.dtype, places);
  }),
);

/** Windows that fit, of one size or one for each axis, with options or none. */
const drawPool = (draw: Draw, distinct: boolean): readonly [AnyTensor, unknown, Record<string, unknown>] => {
  const spatial = draw.oneOf([[4], [5], [4, 3], [3, 5]]);
  const axes = <V>(entry: () => V): V[] => spatial.map(entry);
  const x = draw.tensor([1, draw.integer(1, 2), ...spatial], { distinct });
  const size = draw.oneOf([draw.integer(1, 3), axes(() => draw.integer(2, 3))]);
  const stride = draw.oneOf([undefined, draw.integer(1, 3), axes(() => draw.integer(1, 2))]);
  const padding = draw.oneOf(
    size === 1 ? [undefined] : [undefined, 1, axes(() => draw.integer(0, 1)), axes((): [number, number] => [0, 1])],
  );
  const given = Object.entries({ stride, padding }).filter(([, option]) => option !== undefined);
  return [x, size, Object.fromEntries(given)];
};

/**
 * The mean over windows of `size`, one for all or each of the axes after the channels. What does not fill a window is left
 * out.
 *
 * Shapes: [B, C, ...X] → [B, C, …⌊(X + padding − size) / stride⌋ + 1]; the stride is the size by default.
 * @throws ShapeError
 */
export const avgPool: Op<AvgPool> = op<AvgPool>(
  {
    name: "avgPool",
    kind: "composite",
    law: "[B, C, ...X], size → [B, C, …⌊(X + padding − size) / stride⌋ + 1]",
    formula: "the mean of each window",
    gradient: "ct / n, added over the windows that hold an element",
    example: "avgPool(tensor([[[1, 3, 5, 7]]]), 2)",
    draw: (draw) => {
      const [x, size, options] = drawPool(draw, false);
      const countPadding = draw.oneOf([undefined, true, false]);
      return [x, size, countPadding === undefined ? options : { ...options, countPadding }];
    },
  },
  ((x: AnyTensor, size: number | readonly number[], options: AvgPoolOptions<Shape> = {}): AnyTensor => {
    checkFloat("avgPool", x);
    return avgBody(x, windowsOf("avgPool", x.shape, size, options, avgPoolOptions), options.countPadding ?? true);
  }) as unknown as AvgPool,
);

/**
 * The largest element of windows of `size`, one for all or each of the axes after the channels. Padding holds none. What
 * does not fill a window is left out; of equal maxima the first in row-major order takes the cotangent.
 *
 * Shapes: [B, C, ...X] → [B, C, …⌊(X + padding − size) / stride⌋ + 1]; the stride is the size by default.
 * @throws ShapeError
 */
export const maxPool: Op<MaxPool> = op<MaxPool>(
  {
    name: "maxPool",
    kind: "composite",
    law: "[B, C, ...X], size → [B, C, …⌊(X + padding − size) / stride⌋ + 1]",
    formula: "the maximum of each window",
    gradient: "ct at the first maximum of each window",
    example: "maxPool(tensor([[[1, 3, 7, 5]]]), 2, { stride: 1 })",
    draw: (draw) => {
      const [x, size, options] = drawPool(draw, true);
      return draw.oneOf([
        [x, size],
        [x, size, options],
      ]);
    },
  },
  ((x: AnyTensor, size: number | readonly number[], options: WindowOptions<Shape> = {}): AnyTensor => {
    checkFloat("maxPool", x);
    return maxBody(x, windowsOf("maxPool", x.shape, size, options, maxPoolOptions));
  }) as unknown as MaxPool,
);
