/**
 * ADM's UNet (arXiv 2105.05233) as pure functions of a checkpoint: tensors under the key names of the original.
 *
 * The configuration is static, so the loops over levels and blocks unroll; what varies at run time is x, t, y and the
 * parameters. Dims inside are `Dyn`, since they follow from the configuration.
 */

import type { Dyn } from "../../dsl/dim.ts";
import {
  add,
  attention,
  avgPool,
  cast,
  concat,
  cos,
  einsum,
  exp,
  iota,
  mul,
  rearrange,
  reshape,
  silu,
  sin,
  split,
  type Tensor,
  upsample,
} from "../../dsl/index.ts";
import * as nn from "../../dsl/nn/index.ts";

export type Checkpoint = Readonly<Record<string, Tensor>>;

export interface UNetConfig {
  readonly modelChannels: number;
  /** Channels of each level, the finest first. */
  readonly widths: readonly number[];
  readonly blocksPerLevel: number;
  /** Downsampling factors of the levels that have attention. */
  readonly attentionFactors: readonly number[];
  readonly headChannels: number;
}

export type Image<B extends number> = Tensor<[B, Dyn, Dyn, Dyn]>;
type Sequence<B extends number> = Tensor<[B, Dyn, Dyn]>;
type Embedding<B extends number> = Tensor<[B, Dyn]>;
type Resample = <B extends number>(x: Image<B>) => Image<B>;

const keep: Resample = (x) => x;
export const down: Resample = (x) => avgPool(x, 2);
const up: Resample = (x) => upsample(x, 2);

/** Weight and bias of the layer under a key. */
export const layer = (p: Checkpoint, key: string): { readonly weight: Tensor; readonly bias: Tensor } => ({
  weight: tensorAt(p, `${key}.weight`),
  bias: tensorAt(p, `${key}.bias`),
});
export const convolution: (p: Checkpoint, key: string) => nn.ConvParams<Dyn, Dyn, [Dyn, Dyn]> = layer;
export const projection: (p: Checkpoint, key: string) => nn.ConvParams<Dyn, Dyn, [Dyn]> = layer;

export const tensorAt = (p: Checkpoint, key: string): Tensor => {
  const tensor = p[key];
  if (tensor === undefined) throw new Error(`the checkpoint has no ${key}`);
  return tensor;
};

/** The first half of the channels and the second. */
const halves = <B extends number>(x: Image<B>): readonly [Image<B>, Image<B>] => {
  const half: Dyn = x.shape[1] / 2;
  return split(x, [half, half], 1);
};

/** cos and sin of the timestep at geometric frequencies, cosines first. */
export const timestepEmbedding = <B extends number>(t: Tensor<[B], "i32">, channels: number): Embedding<B> => {
  const half = channels / 2;
  const frequencies: Tensor<[Dyn]> = exp(mul(cast(iota(half), "f32"), -Math.log(10_000) / half));
  const angles = einsum("b,f->bf", cast(t, "f32"), frequencies);
  return concat([cos(angles), sin(angles)], 1);
};

/** With scale and shift from the embedding; both branches are resampled. */
export const resBlock = <B extends number>(
  p: Checkpoint,
  key: string,
  input: Image<B>,
  emb: Embedding<B>,
  resample: Resample = keep,
): Image<B> => {
  const h = resample(silu(nn.groupNorm(layer(p, `${key}.in_layers.0`), input, 32)));
  const x = resample(input);
  const modulation = nn.linear(layer(p, `${key}.emb_layers.1`), silu(emb));
  const [scale, shift] = halves(reshape(modulation, [...modulation.shape, 1, 1]));
  const hidden = nn.conv(convolution(p, `${key}.in_layers.2`), h, { padding: 1 });
  const normal = nn.groupNorm(layer(p, `${key}.out_layers.0`), hidden, 32);
  const modulated = silu(add(mul(normal, add(scale, 1)), shift));
  const residual = nn.conv(convolution(p, `${key}.out_layers.3`), modulated, { padding: 1 });
  const skip = `${key}.skip_connection`;
  return add(`${skip}.weight` in p ? nn.conv(convolution(p, skip), x) : x, residual);
};

/** Self-attention between places; queries, keys and values come in this order, each with its heads side by side. */
export const attentionBlock = <B extends number>(
  p: Checkpoint,
  key: string,
  x: Image<B>,
  headChannels: number,
): Image<B> => {
  const channels: Dyn = x.shape[1];
  const h = rearrange(nn.groupNorm(layer(p, `${key}.norm`), x, 32), "b c h w -> b c (h w)");
  const heads = (part: Sequence<B>): Tensor<[B, Dyn, Dyn, Dyn]> =>
    rearrange(part, "b (n d) t -> b n t d", { d: headChannels });
  const [q, k, v] = split(nn.conv(projection(p, `${key}.qkv`), h), [channels, channels, channels], 1);
  const out = rearrange(attention(heads(q), heads(k), heads(v)), "b n t d -> b (n d) t");
  return add(x, reshape(nn.conv(projection(p, `${key}.proj_out`), out), x.shape));
};

/** x, timesteps and labels → what the network predicts of them: a mean and a variance for each channel of x. */
export const unet = <B extends number>(
  config: UNetConfig,
  p: Checkpoint,
  x: Tensor<[B, 3, Dyn, Dyn]>,
  t: Tensor<[B], "i32">,
  y: Tensor<[B], "i32">,
): Tensor<[B, 6, Dyn, Dyn]> => {
  const { widths, blocksPerLevel, attentionFactors, headChannels } = config;
  const hasAttention = (level: number): boolean => attentionFactors.includes(2 ** level);

  const time = silu(nn.linear(layer(p, "time_embed.0"), timestepEmbedding(t, config.modelChannels)));
  const label = nn.embedding({ weight: tensorAt(p, "label_emb.weight") }, y);
  const emb = add(nn.linear(layer(p, "time_embed.2"), time), label);

  let h: Image<B> = nn.conv(convolution(p, "input_blocks.0.0"), x, { padding: 1 });
  const skips = [h];
  for (const level of widths.keys()) {
    for (let i = 0; i < blocksPerLevel; i++) {
      const block = `input_blocks.${skips.length}`;
      h = resBlock(p, `${block}.0`, h, emb);
      if (hasAttention(level)) h = attentionBlock(p, `${block}.1`, h, headChannels);
      skips.push(h);
    }
    if (level < widths.length - 1) {
      h = resBlock(p, `input_blocks.${skips.length}.0`, h, emb, down);
      skips.push(h);
    }
  }

  h = resBlock(p, "middle_block.0", h, emb);
  h = attentionBlock(p, "middle_block.1", h, headChannels);
  h = resBlock(p, "middle_block.2", h, emb);

  let next = 0;
  for (const level of [...widths.keys()].reverse()) {
    for (let i = 0; i <= blocksPerLevel; i++) {
      const block = `output_blocks.${next++}`;
      h = resBlock(p, `${block}.0`, concat([h, skips.pop() as Image<B>], 1), emb);
      if (hasAttention(level)) h = attentionBlock(p, `${block}.1`, h, headChannels);
      if (level > 0 && i === blocksPerLevel) h = resBlock(p, `${block}.${hasAttention(level) ? 2 : 1}`, h, emb, up);
    }
  }
  return nn.conv(convolution(p, "out.2"), silu(nn.groupNorm(layer(p, "out.0"), h, 32)), { padding: 1 });
};
