/** One layer each: what networks spend their time on. Weights are the last parameters. */

import { attention, conv, groupNorm, matmul, silu, type Tensor, vjp } from "../../../dsl/index.ts";

/** a · b of square matrices. */
export const product = <N extends number>(a: Tensor<[N, N]>, b: Tensor<[N, N]>): Tensor<[N, N]> => matmul(a, b);

/** A 3 × 3 convolution that keeps the size of its image. */
export const convolution = <B extends number, C extends number, H extends number>(
  x: Tensor<[B, C, H, H]>,
  weight: Tensor<[C, C, 3, 3]>,
  bias: Tensor<[C]>,
) => conv(x, weight, bias, { padding: 1 });

/** ∂/∂x of ⟨conv(x, weight), ct⟩, as classifier guidance needs it. */
export const inputGradient = <B extends number, C extends number, H extends number>(
  x: Tensor<[B, C, H, H]>,
  ct: Tensor<[B, C, H, H]>,
  weight: Tensor<[C, C, 3, 3]>,
): Tensor<[B, C, H, H]> => {
  const [, pull] = vjp((x: Tensor<[B, C, H, H]>) => conv(x, weight, undefined, { padding: 1 }))(x);
  return pull(ct as never);
};

/** ∂/∂weight of the same, as training needs it. */
export const weightGradient = <B extends number, C extends number, H extends number>(
  x: Tensor<[B, C, H, H]>,
  ct: Tensor<[B, C, H, H]>,
  weight: Tensor<[C, C, 3, 3]>,
): Tensor<[C, C, 3, 3]> => {
  const [, pull] = vjp((weight: Tensor<[C, C, 3, 3]>) => conv(x, weight, undefined, { padding: 1 }))(weight);
  return pull(ct as never);
};

/** GroupNorm of 32 groups, then SiLU: what stands before each convolution of ADM. */
export const normalised = <C extends number, H extends number>(
  x: Tensor<[1, C, H, H]>,
  scale: Tensor<[C]>,
  bias: Tensor<[C]>,
): Tensor<[1, C, H, H]> => silu(groupNorm(x, 32 as number, scale, bias));

/** Self-attention of N heads of 64. */
export const selfAttention = <N extends number, T extends number>(
  query: Tensor<[N, T, 64]>,
  key: Tensor<[N, T, 64]>,
  value: Tensor<[N, T, 64]>,
): Tensor<[N, T, 64]> => attention(query, key, value);
