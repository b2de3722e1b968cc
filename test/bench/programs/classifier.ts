/** ADM's noisy classifier (arXiv 2105.05233): the UNet's first half and a pool by attention; and its gradient in the image. */

import type { Dyn } from "../../../dsl/dim.ts";
import {
  add,
  attention,
  concat,
  gather,
  grad,
  logSoftmax,
  mean,
  rearrange,
  reshape,
  silu,
  split,
  sum,
  type Tensor,
} from "../../../dsl/index.ts";
import * as nn from "../../../dsl/nn/index.ts";
import {
  attentionBlock,
  type Checkpoint,
  convolution,
  down,
  type Image,
  layer,
  projection,
  resBlock,
  tensorAt,
  timestepEmbedding,
  type UNetConfig,
} from "../../programs/unet.ts";

/** The mean of all places asks each of them, and what it is told is the result. */
const attentionPool = <B extends number>(p: Checkpoint, key: string, image: Image<B>, headChannels: number) => {
  const channels: Dyn = image.shape[1];
  const places = rearrange(image, "b c h w -> b c (h w)");
  const tokens = concat([mean(places, 2, { keepDims: true }), places], 2);
  const x = add(
    tokens,
    reshape(tensorAt(p, `${key}.positional_embedding`), [1, tokens.shape[1], tokens.shape[2]]) as never,
  );
  const [q, k, v] = split(nn.conv(projection(p, `${key}.qkv_proj`), x as never), [channels, channels, channels], 1);
  const heads = (part: Tensor): Tensor => rearrange(part, "b (n d) t -> b n t d", { d: headChannels });
  const out = rearrange(attention(heads(q), heads(k), heads(v)), "b n t d -> b (n d) t");
  const projected: Tensor = nn.conv(projection(p, `${key}.c_proj`), out as never);
  return reshape(
    split(projected, [1, projected.shape[2] - 1] as number[], 2)[0] as Tensor,
    projected.shape.slice(0, 2),
  );
};

/** Noisy images and timesteps → a logit for each class. */
export const classifier = <B extends number>(
  config: UNetConfig,
  p: Checkpoint,
  x: Tensor<[B, 3, Dyn, Dyn]>,
  t: Tensor<[B], "i32">,
): Tensor => {
  const { widths, blocksPerLevel, attentionFactors, headChannels } = config;
  const time = silu(nn.linear(layer(p, "time_embed.0"), timestepEmbedding(t, config.modelChannels)));
  const emb = nn.linear(layer(p, "time_embed.2"), time);
  let h: Image<B> = nn.conv(convolution(p, "input_blocks.0.0"), x, { padding: 1 });
  let next = 1;
  for (const level of widths.keys()) {
    for (let i = 0; i < blocksPerLevel; i++) {
      const block = `input_blocks.${next++}`;
      h = resBlock(p, `${block}.0`, h, emb);
      if (attentionFactors.includes(2 ** level)) h = attentionBlock(p, `${block}.1`, h, headChannels);
    }
    if (level < widths.length - 1) h = resBlock(p, `input_blocks.${next++}.0`, h, emb, down);
  }
  h = resBlock(p, "middle_block.0", h, emb);
  h = attentionBlock(p, "middle_block.1", h, headChannels);
  h = resBlock(p, "middle_block.2", h, emb);
  return attentionPool(p, "out.2", silu(nn.groupNorm(layer(p, "out.0"), h, 32)), headChannels);
};

/** ∇ₓ Σ log p(y | x): what guides a sampler. */
export const guidance = <B extends number>(
  config: UNetConfig,
  p: Checkpoint,
  x: Tensor<[B, 3, Dyn, Dyn]>,
  t: Tensor<[B], "i32">,
  y: Tensor<[B], "i32">,
): Tensor<[B, 3, Dyn, Dyn]> =>
  grad((x: Tensor<[B, 3, Dyn, Dyn]>): Tensor<[]> => {
    const logits = logSoftmax(classifier(config, p, x, t));
    return sum(gather(logits, reshape(y, [...y.shape, 1]) as never, 1)) as Tensor<[]>;
  })(x);
