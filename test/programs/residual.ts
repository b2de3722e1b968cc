/** A residual block as diffusion networks have it: two convolutions, each after a normalisation, and a way around both. */

import { add, map, reshape, silu, split, type Tensor } from "typegrad";
import { type ConvParams, conv, groupNorm, type LinearParams, linear, type NormParams } from "typegrad/nn";

export interface ResidualParams {
  readonly norm1: NormParams<32>;
  readonly conv1: ConvParams<32, 64, [3, 3]>;
  readonly time: LinearParams<64, 128>;
  readonly norm2: NormParams<64>;
  readonly conv2: ConvParams<64, 64, [3, 3]>;
  readonly skip: ConvParams<32, 64, [1, 1]>;
}

export const residual = <B extends number>(
  params: ResidualParams,
  x: Tensor<[B, 32, 16, 16]>,
  embedding: Tensor<[B, 64]>,
): Tensor<[B, 64, 16, 16]> => {
  const hidden = conv(params.conv1, silu(groupNorm(params.norm1, x, 8)), { padding: 1 });
  const modulation = linear(params.time, silu(embedding));
  const [scale, shift] = split(reshape(modulation, [x.shape[0], 128, 1, 1]), [64, 64], 1);
  const normal = groupNorm(params.norm2, hidden, 8);
  const modulated = silu(map(normal, scale, shift, (h, scale, shift) => h * (1 + scale) + shift));
  const skip = conv(params.skip, x);
  return add(skip, conv(params.conv2, modulated, { padding: 1 }));
};
