/** Timesteps as waves. */

import type { Dyn } from "../dim.ts";
import { cast, concat, cos, div, einsum, exp, iota, mul, sin, tensor, zeros } from "../ops.ts";
import { checkPositive, misfit, type PositiveFit } from "../shape.ts";
import { describe, type In, isTensor, type Tensor } from "../tensor.ts";

/**
 * cos(t ω), then sin(t ω), for half as many frequencies ω = maxPeriod^(−i / half), i = 0 … half − 1, as there are channels:
 * from 1 down to nearly 1 / maxPeriod (arXiv 1706.03762, 3.5). An odd number of channels ends in a 0.
 *
 * Shapes: t [B], whole or not → [B, channels].
 * @example nn.timestepEmbedding(tensor([0, 10]), 4)
 * @throws ShapeError
 */
export const timestepEmbedding = <B extends number, const C extends number>(
  t: In<readonly [B], "f32" | "i32">,
  channels: C & PositiveFit<"nn.timestepEmbedding", "the number of channels", C>,
  maxPeriod = 10_000,
): Tensor<[B, C]> => {
  checkPositive("nn.timestepEmbedding", "the number of channels", channels);
  if (!isTensor(t) || t.shape.length !== 1)
    return misfit(
      `nn.timestepEmbedding: t is ${isTensor(t) ? describe(t) : typeof t}, and must be [B], a number for each of a batch`,
    );
  const half = Math.floor(channels / 2);
  // In f32 rounded at each step, the factor too, as JAX and PyTorch have it: at t = 999 an ulp of ω is worth 6e-5.
  const exponents: Tensor<[Dyn]> = div(mul(iota(half, "f32"), tensor(-Math.log(maxPeriod))), half);
  const angles: Tensor<[B, Dyn]> = einsum("b,f->bf", cast(t, "f32"), exp(exponents));
  const waves = [cos(angles), sin(angles)];
  const joined: Tensor<Dyn> = concat(channels % 2 === 0 ? waves : [...waves, zeros([t.shape[0], 1])], 1);
  return joined;
};
