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
  const scale = linear(p.scale, e);
  const shift = linear(p.shift, e);
  const h = groupNorm(p.norm2, conv(p.conv1, x, { padding: 1 }), 32);
  const scaled = mul(h, add(reshape(scale, [...scale.shape, 1, 1]), 1));
  return conv(p.conv2, silu(add(scaled, reshape(shift, [...shift.shape, 1, 1]))), { padding: 1 });
};

export const res = <B extends number, C extends number, H extends number, W extends number>(
  p: Res<C, C>,
  x: Image<B, C, H, W>,
  emb: Embedding<B>,
): Image<B, C, H, W> => add(x, branch(p, silu(groupNorm(p.norm1, x, 32)), emb));

export const resSkip = <B extends number, Ci extends number, Co extends number, H extends number, W extends number>(
  p: ResSkip<Ci, Co>,
  x: Image<B, Ci, H, W>,
  emb: Embedding<B>,
): Image<B, Co, H, W> => add(conv(p.skip, x), branch(p, silu(groupNorm(p.norm1, x, 32)), emb));

export const resDown = <B extends number, C extends number, H extends number, W extends number>(
  p: Res<C, C>,
  x: Image<B, C, H, W>,
  emb: Embedding<B>,
): Image<B, C, Half<H>, Half<W>> => add(avgPool(x, 2), branch(p, avgPool(silu(groupNorm(p.norm1, x, 32)), 2), emb));

export const resUp = <B extends number, C extends number, H extends number, W extends number>(
  p: Res<C, C>,
  x: Image<B, C, H, W>,
  emb: Embedding<B>,
): Image<B, C, Double<H>, Double<W>> =>
  add(upsample(x, 2), branch(p, upsample(silu(groupNorm(p.norm1, x, 32)), 2), emb));

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
  const sequence = attention(heads(conv(p.query, h)), heads(conv(p.key, h)), heads(conv(p.value, h)));
  return add(x, conv(p.out, reshape(permute(sequence, [0, 1, 3, 2]), x.shape)));
};
