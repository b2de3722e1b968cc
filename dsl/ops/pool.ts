/** `avgPool`: means over windows. */

import type { DimKind, Minus, Plus, Quotient, Times } from "../dim.ts";
import type { Float } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { add } from "../scalar/arithmetic.ts";
import { type Expression, input } from "../scalar/expression.ts";
import { div, mul } from "../scalar/index.ts";
import {
  checkNatural,
  checkPositive,
  misfit,
  type NaturalFit,
  type PositiveFit,
  type Shape,
  type ShapeError,
  show,
} from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { composite } from "./composite.ts";
import { applyExpression, checkFloat } from "./elementwise.ts";
import { full } from "./make.ts";
import { padTo, sliceTo } from "./window.ts";

interface PoolOptions<Stride extends number, Padding extends number> {
  /** Step between windows; the size by default. */
  readonly stride?: Stride;
  /** Zeros around each spatial axis; 0 by default. */
  readonly padding?: Padding;
  /** Whether the zeros count as elements of the mean; true by default. */
  readonly countPadding?: boolean;
}

/** ⌊(H + 2p − k) / s⌋ + 1; windows side by side are ⌊H / k⌋, so that a generic H stays readable. */
type PooledDim<H, K, S, P> = [K, P] extends [S, 0]
  ? Quotient<H, K>
  : Plus<Quotient<Minus<Plus<H, Times<P, 2>>, K>, S>, 1>;
type Pooled<R extends readonly unknown[], K, S, P> = { -readonly [I in keyof R]: PooledDim<R[I], K, S, P> };

/** Refuses a window that is larger than a literal axis with its padding. */
type WindowFit<R extends readonly unknown[], K, P> = R extends readonly [infer H, ...infer Rest]
  ? DimKind<H> extends "literal"
    ? [Minus<Plus<H, Times<P, 2>>, K>] extends [never]
      ? ShapeError<WindowMisfit<H, K, P>>
      : WindowFit<Rest, K, P>
    : WindowFit<Rest, K, P>
  : unknown;
type WindowMisfit<H, K, P> =
  `avgPool: a window of ${K & number} is larger than an axis of ${H & number} with padding ${P & number}; use a smaller window, or more padding`;
const windowMisfit = (dim: number, size: number, padding: number): string =>
  `avgPool: a window of ${size} is larger than an axis of ${dim} with padding ${padding}; use a smaller window, or more padding`;

type AvgPool = <
  B extends number,
  C extends number,
  R extends readonly [number, ...number[]],
  D extends Float,
  const K extends number,
  const S extends number = K,
  const P extends number = 0,
>(
  x: In<readonly [B, C, ...R], D>,
  size: K & PositiveFit<"avgPool", "the size", K> & WindowFit<R, K, P>,
  options?: PoolOptions<S & PositiveFit<"avgPool", "the stride", S>, P & NaturalFit<"avgPool", "the padding", P>>,
) => Tensor<[B, C, ...Pooled<R, K, S, P>], D>;

/** Every place of a window, as offsets along the spatial axes. */
const offsetsOf = (axes: number, size: number): number[][] =>
  axes === 0 ? [[]] : offsetsOf(axes - 1, size).flatMap((rest) => Array.from({ length: size }, (_, i) => [...rest, i]));

/** Σ over windows, as one map of the shifted operands. */
const windowSums = (x: AnyTensor, size: number, stride: number): AnyTensor => {
  const shape: Shape = x.shape;
  const spatial = shape.slice(2);
  const sizes = [...shape.slice(0, 2), ...spatial.map((dim) => Math.floor((dim - size) / stride) + 1)];
  const operands = offsetsOf(spatial.length, size).map((offset) =>
    sliceTo(x, { start: [0, 0, ...offset], size: sizes, step: [1, 1, ...spatial.map(() => stride)] }),
  );
  const terms: readonly Expression[] = operands.map((_, i) => input(i));
  return applyExpression(
    "avgPool",
    terms.reduce((sum, term) => add.of(sum, term)),
    x.dtype,
    operands,
  );
};

const padded = (x: AnyTensor, padding: number): AnyTensor => {
  const width = (x.shape as Shape).map((_, axis) => (axis < 2 ? 0 : padding));
  return padTo(x, { low: width, high: width, interior: width.map(() => 0), value: 0 });
};

const body = composite(
  "avgPool",
  (x: AnyTensor, size: number, stride: number, padding: number, countPadding: boolean): AnyTensor => {
    const sums = windowSums(padded(x, padding), size, stride);
    if (countPadding || padding === 0) {
      return applyExpression("avgPool", mul.of(input(0), 1 / size ** (x.shape.length - 2)), x.dtype, [sums]);
    }
    const counts = windowSums(padded(full(x.shape, 1, x.dtype), padding), size, stride);
    return applyExpression("avgPool", div.of(input(0), input(1)), x.dtype, [sums, counts]);
  },
);

/**
 * The mean over windows of `size` along every axis after the channels. What does not fill a window is left out.
 *
 * Shapes: [B, C, ...R] → [B, C, …⌊(r + 2 · padding − size) / stride⌋ + 1]; the stride is the size by default.
 * @throws ShapeError
 */
export const avgPool: Op<AvgPool> = op(
  {
    name: "avgPool",
    kind: "composite",
    law: "[B, C, ...R], size → [B, C, …⌊(r + 2 · padding − size) / stride⌋ + 1]",
    formula: "the mean of each window",
    gradient: "ct / n, added over the windows that hold an element",
    draw: (draw) => {
      const x = draw.tensor([1, draw.integer(1, 2), ...draw.oneOf([[4], [5], [4, 3], [3, 5]])]);
      const stride = draw.integer(1, 3);
      return draw.oneOf([
        [x, draw.integer(1, 3)],
        [x, 2, { stride }],
        [x, 3, { stride, padding: 1 }],
        [x, 3, { stride, padding: 1, countPadding: false }],
      ]);
    },
  },
  (x: AnyTensor, size: number, options: PoolOptions<number, number> = {}): AnyTensor => {
    const { stride = size, padding = 0, countPadding = true } = options;
    checkFloat("avgPool", x);
    checkPositive("avgPool", "the size", size);
    checkPositive("avgPool", "the stride", stride);
    checkNatural("avgPool", "the padding", padding);
    const shape: Shape = x.shape;
    if (shape.length < 3)
      misfit(`avgPool: ${show(shape)} has rank ${shape.length}, and must be [B, C, …] with a spatial axis; reshape it`);
    for (const dim of shape.slice(2)) if (dim + 2 * padding < size) misfit(windowMisfit(dim, size, padding));
    return body(x, size, stride, padding, countPadding);
  },
);
