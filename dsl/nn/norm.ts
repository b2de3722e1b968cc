/** The normalisation layer. */

import type { Float } from "../dtype.ts";
import type { GroupsFit } from "../ops/group-norm.ts";
import { groupNorm as groupNormOp, ones, zeros } from "../ops.ts";
import type { Shape } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";

/** The affine map after a normalisation of C channels: what it multiplies by, and what it adds. */
export interface NormParams<in out C extends number, in out D extends Float = "f32"> {
  readonly weight: Tensor<[C], D>;
  readonly bias: Tensor<[C], D>;
}

/** The identity: ones and zeros. */
export const initNorm = <const C extends number>(channels: C): NormParams<C> => ({
  weight: ones([channels]),
  bias: zeros([channels]),
});

/**
 * Group normalisation (arXiv 1803.08494), ε = 1e-5 by default.
 *
 * Shapes: x [B, C, …] → the same; groups divides C.
 * @throws ShapeError
 */
export const groupNorm = <B extends number, C extends number, R extends Shape, D extends Float, const G extends number>(
  { weight, bias }: NormParams<C, D>,
  x: In<readonly [B, NoInfer<C>, ...R], NoInfer<D>>,
  groups: G & GroupsFit<C, G>,
  eps?: number,
): Tensor<[B, C, ...R], D> => groupNormOp<B, C, R, D, G>(x, groups, weight, bias, eps);
