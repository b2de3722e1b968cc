/** What all reductions over axes share: their types, their checks, and the arguments that tests draw for them. */

import { type DType, DTypeError } from "../dtype.ts";
import type { Draw } from "../op.ts";
import type { Shape } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { type Axes, type AxesFit, normalizeAxes, type Reduced } from "./axes.ts";
import { reshapeTo } from "./broadcast.ts";

export interface ReduceOptions<Keep extends boolean> {
  /** Leave reduced axes with length 1. */
  readonly keepDims?: Keep;
}

export type Reduction<Name extends string, Accepted extends DType> = <
  S extends Shape,
  D extends Accepted,
  const X extends Axes | undefined = undefined,
  Keep extends boolean = false,
>(
  x: In<S, D>,
  axes?: X & AxesFit<Name, S, X>,
  options?: ReduceOptions<Keep>,
) => Tensor<Reduced<S, X, Keep>, D>;

/** Throws unless x is a tensor of an accepted dtype. */
export const checkReduced = (name: string, x: unknown, accepts: (dtype: DType) => boolean): void => {
  if (!isTensor(x)) throw new TypeError(`${name}: the operand is ${typeof x}, and must be a tensor`);
  if (!accepts(x.dtype))
    throw new DTypeError(`${name}: ${describe(x)} is of a dtype that ${name} does not take; cast it`);
};

/** The checks and the axes that all reductions share. `reduce` keeps reduced axes with length 1. */
export const reduction =
  (name: string, accepts: (dtype: DType) => boolean, reduce: (x: AnyTensor, axes: readonly number[]) => AnyTensor) =>
  (x: AnyTensor, axes?: Axes, options?: ReduceOptions<boolean>): AnyTensor => {
    checkReduced(name, x, accepts);
    const reduced = normalizeAxes(name, x, axes);
    const kept = reduce(x, reduced);
    return options?.keepDims
      ? kept
      : reshapeTo(
          kept,
          (kept.shape as Shape).filter((_, axis) => !reduced.includes(axis)),
        );
  };

export const isNumeric = (dtype: DType): boolean => dtype !== "bool";

export const law = "S, axes → S without the axes, or with 1 in their place";

/** A tensor, and in most calls axes and options. */
export const drawReduction =
  (limits: Parameters<Draw["tensor"]>[1] = {}) =>
  (draw: Draw): readonly unknown[] => {
    const shape = draw.shape({ minRank: 1 });
    const rank = shape.length;
    const axis = draw.integer(-rank, rank - 1);
    const axes = draw.oneOf([undefined, axis, [axis], rank > 1 ? [0, -1] : [0], []]);
    const x = draw.tensor(shape, limits);
    const keepDims = draw.oneOf([undefined, true, false]);
    return keepDims === undefined ? (axes === undefined ? [x] : [x, axes]) : [x, axes, { keepDims }];
  };
