/** What blocks are told: the timestep, and the class where there is one. */

import {
  add,
  cast,
  concat,
  cos,
  type Dyn,
  einsum,
  exp,
  type In,
  iota,
  mul,
  silu,
  sin,
  type Tensor,
  zeros,
} from "typegrad";
import * as nn from "typegrad/nn";
import { type Embedding, layerAt, type Network, parameterAt } from "./layers.ts";

/** Timesteps, whole or not. */
export type Timesteps<B extends number> = In<readonly [B], "i32" | "f32">;
export type Labels<B extends number> = In<readonly [B], "i32">;

/**
 * Cosines, then sines, of t at frequencies from 1 down to 1 / 10,000 (arXiv 1706.03762, 3.5); a zero at the end where the
 * number of channels is odd.
 *
 * Shapes: t [B] → [B, channels].
 */
export const timestepEmbedding = <B extends number>(t: Timesteps<B>, channels: number): Embedding<B> => {
  const half = Math.floor(channels / 2);
  const frequencies: Tensor<[Dyn]> = exp(mul(cast(iota(half), "f32"), -Math.log(10_000) / half));
  const angles: Embedding<B> = einsum("b,f->bf", cast(t, "f32"), frequencies);
  const waves = [cos(angles), sin(angles)];
  return concat(channels % 2 === 0 ? waves : [...waves, zeros([t.shape[0], 1])], 1);
};

export const timeEmbedding = <B extends number>(net: Network, t: Timesteps<B>): Embedding<B> => {
  const waves = timestepEmbedding(t, net.config.modelChannels);
  return nn.linear(layerAt(net, "time_embed.2"), silu(nn.linear(layerAt(net, "time_embed.0"), waves)));
};

/** With a row of the table of classes. */
export const withLabels = <B extends number>(net: Network, emb: Embedding<B>, y: Labels<B>): Embedding<B> =>
  add(emb, nn.embedding({ weight: parameterAt(net.parameters, "label_emb.weight") }, y));
