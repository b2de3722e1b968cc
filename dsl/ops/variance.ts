/** `variance` and `std`, and the mean that both start from. */

import { type Float, isFloat } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Expression, input } from "../scalar/expression.ts";
import { equal, mul, select, sqrt, sub } from "../scalar/index.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import type { Axes, AxesFit, Reduced } from "./axes.ts";
import { expandTo, sumOver } from "./broadcast.ts";
import { applyExpression } from "./elementwise.ts";
import { drawReduction, law, type ReduceOptions, reduction } from "./reduction.ts";

/** A factor, as a map. */
const scaled = (op: string, x: AnyTensor, factor: number): AnyTensor =>
  applyExpression(op, mul.of(input(0), factor), x.dtype, [x]);

const count = (x: AnyTensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]));

/** Σ x / n over axes, which stay with length 1. */
export const meanOver = (op: string, x: AnyTensor, axes: readonly number[]): AnyTensor =>
  scaled(op, sumOver(x, axes), 1 / count(x, axes));

interface VarianceOptions<Keep extends boolean> extends ReduceOptions<Keep> {
  /** Subtracted from n: 0 for the variance of a population (the default), 1 for an estimate from a sample. */
  readonly correction?: number;
}

type Variance<Name extends string> = <
  S extends Shape,
  D extends Float,
  const X extends Axes | undefined = undefined,
  Keep extends boolean = false,
>(
  x: In<S, D>,
  axes?: X & AxesFit<Name, S, X>,
  options?: VarianceOptions<Keep>,
) => Tensor<Reduced<S, X, Keep>, D>;

/** Over axes, which stay with length 1. */
const varianceOver = (op: string, x: AnyTensor, axes: readonly number[], correction = 0): AnyTensor => {
  const average = expandTo(meanOver(op, x, axes), x.shape);
  const deviation = sub.of(input(0), input(1));
  const squares = applyExpression(op, mul.of(deviation, deviation), x.dtype, [x, average]);
  return scaled(op, sumOver(squares, axes), 1 / (count(x, axes) - correction));
};

const drawVariance =
  (limits: { readonly minDim?: number; readonly maxRank?: number }) =>
  (draw: Draw): readonly unknown[] => {
    const limited: Draw = { ...draw, shape: (own) => draw.shape({ ...own, ...limits }) };
    const [x, axes = undefined, options = {}] = drawReduction({ distinct: true })(limited) as [
      AnyTensor,
      Axes?,
      ReduceOptions<boolean>?,
    ];
    return draw.oneOf([true, false]) ? [x, axes, { ...options, correction: 0.5 }] : [x, axes, options];
  };

/** Σ (x − mean x)² / (n − correction) over axes (all by default), in two passes. */
export const variance: Op<Variance<"variance">> = op(
  {
    name: "variance",
    kind: "reduce",
    law,
    formula: "Σ (x − mean x)² / (n − correction)",
    gradient: "2 · ct · (x − mean x) / (n − correction)",
    example: "variance(tensor([1, 2, 3, 6]))",
    draw: drawVariance({}),
  },
  (x: AnyTensor, axes?: Axes, options?: VarianceOptions<boolean>) =>
    reduction("variance", isFloat, (x, axes) => varianceOver("variance", x, axes, options?.correction))(
      x,
      axes,
      options,
    ),
);

/** √v, whose derivative at 0 is 0. The root that is not taken is that of 1, so that no infinity meets the 0. */
const rootOf = (v: Expression): Expression => {
  const isZero = equal.of(v, 0);
  return select.of(isZero, 0, sqrt.of(select.of(isZero, 1, v)));
};

/** √variance over axes (all by default). Where all elements are equal the gradient is 0. */
export const std: Op<Variance<"std">> = op(
  {
    name: "std",
    kind: "reduce",
    law,
    formula: "√(Σ (x − mean x)² / (n − correction))",
    gradient: "ct · (x − mean x) / ((n − correction) · out)",
    example: "std(tensor([[1, 3], [2, 6]]), 1, { correction: 1 })",
    draw:
      // Of two elements it is |a − b| / 2, which has a kink and no second derivative.
      drawVariance({ minDim: 3, maxRank: 3 }),
  },
  (x: AnyTensor, axes?: Axes, options?: VarianceOptions<boolean>) =>
    reduction("std", isFloat, (x, axes) =>
      applyExpression("std", rootOf(input(0)), x.dtype, [varianceOver("std", x, axes, options?.correction)]),
    )(x, axes, options),
);
