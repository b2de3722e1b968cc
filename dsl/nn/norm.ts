/** Normalisation layers. */

import type { Dyn } from "../dim.ts";
import type { Float } from "../dtype.ts";
import type { GroupsFit } from "../ops/group-norm.ts";
import { add, groupNorm as groupNormOp, map, mean, mul, ones, reshape, rsqrt, sub, variance, zeros } from "../ops.ts";
import { misfit, type Shape, show } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";

/** The affine map after a normalisation of C channels: what it multiplies by, and what it adds. */
export interface NormParams<in out C extends number, in out D extends Float = "f32"> {
  readonly weight: Tensor<[C], D>;
  readonly bias: Tensor<[C], D>;
}

/**
 * The identity: ones and zeros.
 * @example nn.initNorm(2)
 */
export const initNorm = <const C extends number>(channels: C): NormParams<C> => ({
  weight: ones([channels]),
  bias: zeros([channels]),
});

/**
 * Group normalisation (arXiv 1803.08494), ε = 1e-5 by default.
 *
 * Shapes: x [B, C, …] → the same; groups divides C.
 * @example nn.groupNorm(nn.initNorm(2), tensor([[[1, 3], [2, 2]]]), 2)
 * @throws ShapeError
 */
export const groupNorm = <B extends number, C extends number, R extends Shape, D extends Float, const G extends number>(
  { weight, bias }: NormParams<C, D>,
  x: In<readonly [B, NoInfer<C>, ...R], NoInfer<D>>,
  groups: G & GroupsFit<C, G>,
  eps?: number,
): Tensor<[B, C, ...R], D> => groupNormOp<B, C, R, D, G>(x, groups, weight, bias, eps);

const keepDims = { keepDims: true } as const;

/**
 * Layer normalisation (arXiv 1607.06450) over the last axis: (x − μ) / √(σ² + ε) · weight + bias, ε = 1e-5 by default.
 *
 * Shapes: x [...B, C] → the same. Several last axes are one after a reshape.
 * @example nn.layerNorm(nn.initNorm(3), tensor([[1, 2, 6]]))
 * @throws ShapeError
 */
export const layerNorm = <B extends Shape, C extends number, D extends Float>(
  { weight, bias }: NormParams<C, D>,
  x: In<readonly [...B, NoInfer<C>], NoInfer<D>>,
  eps = 1e-5,
): Tensor<[...B, C], D> => {
  const shape: Shape = x.shape;
  if (shape.at(-1) !== weight.shape[0])
    misfit(
      `nn.layerNorm: ${show(shape)} must have ${weight.shape[0]} elements along its last axis, one for each weight`,
    );
  const input = x as Tensor<Dyn, D>;
  const perChannel = (v: Tensor<[C], D>): Tensor<Dyn, D> =>
    reshape(v, [...shape.slice(1).map(() => 1), weight.shape[0]]);
  const centred = sub(input, mean(input, -1, keepDims));
  const normal = mul(centred, rsqrt(add(variance(input, -1, keepDims), eps)));
  return add(mul(normal, perChannel(weight)), perChannel(bias));
};

/** The affine map after a normalisation of C channels, with the mean and variance of each that training has seen. */
export interface BatchNormParams<in out C extends number, in out D extends Float = "f32"> extends NormParams<C, D> {
  readonly mean: Tensor<[C], D>;
  readonly variance: Tensor<[C], D>;
}

/**
 * The identity but for ε: mean 0 and variance 1.
 * @example nn.initBatchNorm(2)
 */
export const initBatchNorm = <const C extends number>(channels: C): BatchNormParams<C> => ({
  ...initNorm(channels),
  mean: zeros([channels]),
  variance: ones([channels]),
});

/**
 * Batch normalisation (arXiv 1502.03167) as it is used after training, with statistics that are given:
 * (x − mean) / √(variance + ε) · weight + bias, ε = 1e-5 by default.
 *
 * Shapes: x [B, C, …] → the same.
 * @example nn.batchNorm({ ...nn.initBatchNorm(2), mean: tensor([1, 2]) }, tensor([[1, 3]]))
 * @throws ShapeError
 */
export const batchNorm = <B extends number, C extends number, R extends Shape, D extends Float>(
  params: BatchNormParams<C, D>,
  x: In<readonly [B, NoInfer<C>, ...R], NoInfer<D>>,
  eps = 1e-5,
): Tensor<[B, C, ...R], D> => {
  const shape: Shape = x.shape;
  const channels = params.weight.shape[0];
  if (shape[1] !== channels)
    misfit(`nn.batchNorm: ${show(shape)} must have ${channels} channels along axis 1, one for each weight`);
  const perChannel = (v: Tensor<[C], D>): Tensor<Dyn, D> => reshape(v, [1, channels, ...shape.slice(2).map(() => 1)]);
  // Of the parameters alone: computed once where they are bound.
  const factor = mul(params.weight, rsqrt(add(params.variance, eps)));
  return map(
    x as Tensor<Dyn, D>,
    perChannel(params.mean),
    perChannel(factor),
    perChannel(params.bias),
    (x, mean, factor, bias) => (x - mean) * factor + bias,
  );
};
