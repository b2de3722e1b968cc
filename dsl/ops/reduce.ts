/** Reductions over axes: `sum`, `mean`, `max`, `min`, `variance`. */

import { type DType, DTypeError, type Float, intRange, isFloat, isInt, type Numeric } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { input } from "../scalar/expression.ts";
import type { ScalarFunction } from "../scalar/function.ts";
import * as scalar from "../scalar/index.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { type Axes, type AxesFit, normalizeAxes, type Reduced } from "./axes.ts";
import { expandTo, reducedType, reduceWith, reshapeTo, sumOver } from "./broadcast.ts";
import { applyExpression } from "./elementwise.ts";

interface ReduceOptions<Keep extends boolean> {
  /** Leave reduced axes with length 1. */
  readonly keepDims?: Keep;
}

type Reduction<Name extends string, Accepted extends DType> = <
  S extends Shape,
  D extends Accepted,
  const X extends Axes | undefined = undefined,
  Keep extends boolean = false,
>(
  x: In<S, D>,
  axes?: X & AxesFit<Name, S, X>,
  options?: ReduceOptions<Keep>,
) => Tensor<Reduced<S, X, Keep>, D>;

/** Largest or smallest element over axes, which stay with length 1. */
const extremum = (
  name: "max" | "min",
  start: (dtype: DType) => number,
  combine: (a: number, b: number) => number,
  scalarCombine: ScalarFunction,
): Primitive<{ readonly axes: readonly number[] }> =>
  primitive({
    name,
    kind: "reduce",
    infer: ({ axes }, [x]) => reducedType(axes, x as TensorType),
    evaluate: ({ axes }, [x], type) => reduceWith(axes, x as Dense, type, start(type.dtype), combine),
    lower: ({ axes }, _, { dtype }) => ({ kind: "reduce", axes, start: start(dtype), combine: scalarCombine }),
    // Equal extrema share the cotangent.
    pullback: ({ params: { axes }, operands, output, ct }) => {
      const x = operands[0] as AnyTensor;
      const best = scalar.equal.of(input(0), input(1));
      const hit = applyExpression(name, scalar.select.of(best, 1, 0), x.dtype, [x, expandTo(output, x.shape)]);
      const share = applyExpression(name, scalar.div.of(input(0), input(1)), ct.dtype, [ct, sumOver(hit, axes)]);
      return applyExpression(name, scalar.mul.of(input(0), input(1)), ct.dtype, [hit, expandTo(share, x.shape)]);
    },
  });

const maxPrimitive = extremum(
  "max",
  (dtype) => (isInt(dtype) ? intRange(dtype)[0] : -Infinity),
  Math.max,
  scalar.max.record,
);
const minPrimitive = extremum(
  "min",
  (dtype) => (isInt(dtype) ? intRange(dtype)[1] : Infinity),
  Math.min,
  scalar.min.record,
);

/** The checks and the axes that all reductions share. `reduce` keeps reduced axes with length 1. */
const reduction =
  (name: string, accepts: (dtype: DType) => boolean, reduce: (x: AnyTensor, axes: readonly number[]) => AnyTensor) =>
  (x: AnyTensor, axes?: Axes, options?: ReduceOptions<boolean>): AnyTensor => {
    if (!isTensor(x)) throw new TypeError(`${name}: the operand is ${typeof x}, and must be a tensor`);
    if (!accepts(x.dtype))
      throw new DTypeError(`${name}: ${describe(x)} is of a dtype that ${name} does not take; cast it`);
    const reduced = normalizeAxes(name, x, axes);
    const kept = reduce(x, reduced);
    return options?.keepDims
      ? kept
      : reshapeTo(
          kept,
          (kept.shape as Shape).filter((_, axis) => !reduced.includes(axis)),
        );
  };

const isNumeric = (dtype: DType): boolean => dtype !== "bool";

/** The factor 1 / n of a mean, as a map. */
const scaled = (op: string, x: AnyTensor, factor: number): AnyTensor =>
  applyExpression(op, scalar.mul.of(input(0), factor), x.dtype, [x]);

const count = (x: AnyTensor, axes: readonly number[]): number => sizeOf(axes.map((axis) => x.shape[axis]));

const drawReduction =
  (distinct: boolean) =>
  (draw: Draw): readonly unknown[] => {
    const shape = draw.shape({ minRank: 1 });
    const rank = shape.length;
    const axis = draw.integer(-rank, rank - 1);
    const axes = draw.oneOf([undefined, axis, [axis], rank > 1 ? [0, -1] : [0], []]);
    const x = draw.tensor(shape, { distinct });
    const keepDims = draw.oneOf([undefined, true, false]);
    return keepDims === undefined ? (axes === undefined ? [x] : [x, axes]) : [x, axes, { keepDims }];
  };

const law = "S, axes → S without the axes, or with 1 in their place";

/** Σ x over axes (all by default). Integers wrap. @throws ShapeError for an axis that x does not have. */
export const sum: Op<Reduction<"sum", Numeric>> = op(
  { name: "sum", kind: "reduce", law, formula: "Σ x", gradient: "ct, repeated", draw: drawReduction(false) },
  reduction("sum", isNumeric, sumOver),
);

/** Mean over axes (all by default): Σ x / n. */
export const mean: Op<Reduction<"mean", Float>> = op(
  { name: "mean", kind: "reduce", law, formula: "Σ x / n", gradient: "ct / n, repeated", draw: drawReduction(false) },
  reduction("mean", isFloat, (x, axes) => scaled("mean", sumOver(x, axes), 1 / count(x, axes))),
);

/** Largest element over axes (all by default); −∞ of none. Equal maxima share the cotangent. */
export const max: Op<Reduction<"max", Numeric>> = op(
  {
    name: "max",
    kind: "reduce",
    law,
    formula: "max x",
    gradient: "ct, shared by equal maxima",
    draw: drawReduction(true),
  },
  reduction("max", isNumeric, (x, axes) => apply(maxPrimitive, { axes }, [x])),
);

/** Smallest element over axes (all by default); ∞ of none. Equal minima share the cotangent. */
export const min: Op<Reduction<"min", Numeric>> = op(
  {
    name: "min",
    kind: "reduce",
    law,
    formula: "min x",
    gradient: "ct, shared by equal minima",
    draw: drawReduction(true),
  },
  reduction("min", isNumeric, (x, axes) => apply(minPrimitive, { axes }, [x])),
);

interface VarianceOptions<Keep extends boolean> extends ReduceOptions<Keep> {
  /** Subtracted from n: 0 for the variance of a population (the default), 1 for an estimate from a sample. */
  readonly correction?: number;
}

type Variance = <
  S extends Shape,
  D extends Float,
  const X extends Axes | undefined = undefined,
  Keep extends boolean = false,
>(
  x: In<S, D>,
  axes?: X & AxesFit<"variance", S, X>,
  options?: VarianceOptions<Keep>,
) => Tensor<Reduced<S, X, Keep>, D>;

/** Σ (x − mean x)² / (n − correction) over axes (all by default), in two passes. */
export const variance: Op<Variance> = op(
  {
    name: "variance",
    kind: "reduce",
    law,
    formula: "Σ (x − mean x)² / (n − correction)",
    gradient: "2 · ct · (x − mean x) / (n − correction)",
    draw: (draw) => {
      const [x, axes = undefined, options = {}] = drawReduction(false)(draw) as [
        AnyTensor,
        Axes?,
        ReduceOptions<boolean>?,
      ];
      return draw.oneOf([true, false]) ? [x, axes, { ...options, correction: 0.5 }] : [x, axes, options];
    },
  },
  (x: AnyTensor, axes?: Axes, options?: VarianceOptions<boolean>) =>
    reduction("variance", isFloat, (x, axes) => {
      const n = count(x, axes);
      const average = expandTo(scaled("variance", sumOver(x, axes), 1 / n), x.shape);
      const deviation = scalar.sub.of(input(0), input(1));
      const squares = applyExpression("variance", scalar.mul.of(deviation, deviation), x.dtype, [x, average]);
      return scaled("variance", sumOver(squares, axes), 1 / (n - (options?.correction ?? 0)));
    })(x, axes, options),
);
