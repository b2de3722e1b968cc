/** ADM's blocks, generic in batch, channels, height and width, as a user would write them. */

import type { Double, Half, Plus, Quotient, Times } from "../../../dsl/dim.ts";
import {
  add,
  attention,
  avgPool,
  concat,
  mul,
  permute,
  rearrange,
  reshape,
  silu,
  type Tensor,
  upsample,
} from "../../../dsl/index.ts";
import { type ConvParams, conv, groupNorm, type LinearParams, linear, type NormParams } from "../../../dsl/nn/index.ts";

type Image<B extends number, C extends number, H extends number, W extends number> = Tensor<[B, C, H, W]>;
type Embedding<B extends number> = Tensor<[B, 1024]>;

export interface Res<Ci extends number, Co extends number> {
  readonly norm1: NormParams<Ci>;
  readonly conv1: ConvParams<Ci, Co, [3, 3]>;
  readonly scale: LinearParams<1024, Co>;
  readonly shift: LinearParams<1024, Co>;
  readonly norm2: NormParams<Co>;
  readonly conv2: ConvParams<Co, Co, [3, 3]>;
}

/** A residual block that changes the number of channels. */
export interface ResSkip<Ci extends number, Co extends number> extends Res<Ci, Co> {
  readonly skip: ConvParams<Ci, Co, [1, 1]>;
}

/** Projections of a place; heads have 64 channels. */
export interface Attention<C extends number> {
  readonly norm: NormParams<C>;
  readonly query: ConvParams<C, C, [1, 1]>;
  readonly key: ConvParams<C, C, [1, 1]>;
  readonly value: ConvParams<C, C, [1, 1]>;
  readonly out: ConvParams<C, C, [1, 1]>;
}

/** All but the first normalisation and the skip connection. */
const branch = <B extends number, Ci extends number, Co extends number, H extends number, W extends number>(
  p: Res<Ci, Co>,
  x: Image<B, Ci, H, W>,
  emb: Embedding<B>,
): Image<B, Co, H, W> => {
  const e = silu(emb);
  const scale = perChannel(linear(p.scale, e));
  const shift = perChannel(linear(p.shift, e));
  const hidden = conv(p.conv1, x, { padding: 1 });
  const normal = groupNorm(p.norm2, hidden, 32);
  const modulated = silu(add(mul(normal, add(scale, 1)), shift));
  return conv(p.conv2, modulated, { padding: 1 });
};

const perChannel = <B extends number, C extends number>(x: Tensor<[B, C]>): Image<B, C, 1, 1> =>
  reshape(x, [...x.shape, 1, 1]);

export const res = <B extends number, C extends number, H extends number, W extends number>(
  p: Res<C, C>,
  x: Image<B, C, H, W>,
  emb: Embedding<B>,
): Image<B, C, H, W> => {
  const h = silu(groupNorm(p.norm1, x, 32));
  return add(x, branch(p, h, emb));
};

export const resSkip = <B extends number, Ci extends number, Co extends number, H extends number, W extends number>(
  p: ResSkip<Ci, Co>,
  x: Image<B, Ci, H, W>,
  emb: Embedding<B>,
): Image<B, Co, H, W> => {
  const skip = conv(p.skip, x);
  const h = silu(groupNorm(p.norm1, x, 32));
  return add(skip, branch(p, h, emb));
};

export const resDown = <B extends number, C extends number, H extends number, W extends number>(
  p: Res<C, C>,
  x: Image<B, C, H, W>,
  emb: Embedding<B>,
): Image<B, C, Half<H>, Half<W>> => {
  const skip = avgPool(x, 2);
  const h = silu(groupNorm(p.norm1, x, 32));
  const small = avgPool(h, 2);
  return add(skip, branch(p, small, emb));
};

export const resUp = <B extends number, C extends number, H extends number, W extends number>(
  p: Res<C, C>,
  x: Image<B, C, H, W>,
  emb: Embedding<B>,
): Image<B, C, Double<H>, Double<W>> => {
  const skip = upsample(x, 2);
  const h = silu(groupNorm(p.norm1, x, 32));
  const large = upsample(h, 2);
  return add(skip, branch(p, large, emb));
};

/** The features of the way up with those kept from the way down. */
export const join = <B extends number, C extends number, E extends number, H extends number, W extends number>(
  x: Image<B, C, H, W>,
  kept: Image<B, E, H, W>,
): Image<B, Plus<C, E>, H, W> => concat([x, kept], 1);

/** The places of an image as a sequence, for each head. */
const heads = <B extends number, C extends number, H extends number, W extends number>(
  x: Image<B, C, H, W>,
): Tensor<[B, Quotient<C, 64>, Times<H, W>, 64]> => rearrange(x, "b (n d) h w -> b n (h w) d", { d: 64 });

export const attend = <B extends number, C extends number, H extends number, W extends number>(
  p: Attention<C>,
  x: Image<B, C, H, W>,
): Image<B, C, H, W> => {
  const h = groupNorm(p.norm, x, 32);
  const query = heads(conv(p.query, h));
  const key = heads(conv(p.key, h));
  const value = heads(conv(p.value, h));
  const sequence = permute(attention(query, key, value), [0, 1, 3, 2]);
  const image = reshape(sequence, x.shape);
  return add(x, conv(p.out, image));
};
