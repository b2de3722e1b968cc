/** The layers that a plan names, applied to features. */

import {
  add,
  attention,
  avgPool,
  cast,
  checkpoint,
  type Dyn,
  greaterEqual,
  type In,
  mul,
  rearrange,
  reshape,
  silu,
  split,
  type Tensor,
  unstack,
  upsample,
  where,
} from "typegrad";
import * as nn from "typegrad/nn";
import * as random from "typegrad/random";
import type { TrunkConfig } from "./config.ts";
import type { Parameters } from "./parameter-types.ts";
import type { Attention, Block, Layer, Resampling, ResBlock } from "./plan.ts";

/** A network's config and parameters: all that its layers ask for but their input. */
export interface Network {
  readonly config: TrunkConfig;
  readonly parameters: Parameters;
}

/** Channels, height and width follow from the config; f16 where the torso is stored so. */
export type Features<B extends number> = Tensor<[B, Dyn, Dyn, Dyn], Dyn>;
/** What blocks are told: the timestep, and the class where there is one. */
export type Embedding<B extends number> = Tensor<[B, Dyn]>;
/** Timesteps, whole or not. */
export type Timesteps<B extends number> = In<readonly [B], "i32" | "f32">;

export const timeEmbedding = <B extends number>(net: Network, t: Timesteps<B>): Embedding<B> => {
  const waves = nn.timestepEmbedding(t, net.config.modelChannels);
  return nn.linear(layerAt(net, "time_embed.2"), silu(nn.linear(layerAt(net, "time_embed.0"), waves)));
};

/** Layers one after the other; with a key, those that drop features draw by it. */
export const runBlock = <B extends number>(
  net: Network,
  block: Block,
  x: Features<B>,
  emb: Embedding<B>,
  key: random.Key | undefined,
): Features<B> => {
  let h = x;
  for (const [i, layer] of block.layers.entries()) {
    const own = key === undefined ? undefined : random.foldIn(key, i);
    const run = (h: Features<B>, emb: Embedding<B>): Features<B> => runLayer(net, layer, h, emb, own);
    h = net.config.checkpoint ? checkpoint(run)(h, emb) : run(h, emb);
  }
  return h;
};

const runLayer = <B extends number>(
  net: Network,
  layer: Layer,
  x: Features<B>,
  emb: Embedding<B>,
  key: random.Key | undefined,
): Features<B> => {
  switch (layer.kind) {
    case "convolution":
      return convolve(net, layer.key, x, { padding: 1 });
    case "resBlock":
      return resBlock(net, layer, x, emb, key);
    case "attention":
      return attentionBlock(net, layer, x);
    case "resampling":
      return resampling(net, layer, x);
  }
};

/** Weight and bias under a key. */
export const layerAt = ({ parameters }: Network, key: string): { readonly weight: Tensor; readonly bias: Tensor } => ({
  weight: parameterAt(parameters, `${key}.weight`),
  bias: parameterAt(parameters, `${key}.bias`),
});

export const parameterAt = (parameters: Parameters, key: string): Tensor => {
  const tensor = parameters[key];
  if (tensor === undefined) throw new RangeError(`there is no parameter ${key}: they are those of another config`);
  return tensor;
};

/** A convolution, its weights stored as its input is. */
export const convolve = <B extends number>(
  net: Network,
  key: string,
  x: Features<B>,
  options: { readonly padding?: number; readonly stride?: number } = {},
): Features<B> => {
  const { weight, bias } = layerAt(net, key);
  const stored: nn.ConvParams<Dyn, Dyn, [Dyn, Dyn], Dyn> = { weight: cast(weight, x.dtype), bias: cast(bias, x.dtype) };
  return nn.conv(stored, x, options);
};

/** A projection of each place of a sequence: a convolution of length 1. */
export const project = <B extends number>(
  net: Network,
  key: string,
  x: Tensor<[B, Dyn, Dyn], Dyn>,
): Tensor<[B, Dyn, Dyn], Dyn> => {
  const { weight, bias } = layerAt(net, key);
  const stored: nn.ConvParams<Dyn, Dyn, [Dyn], Dyn> = { weight: cast(weight, x.dtype), bias: cast(bias, x.dtype) };
  return nn.conv(stored, x);
};

/** Group normalisation, in f32 whatever is stored. */
export const normalise = <B extends number>(net: Network, key: string, x: Features<B>): Features<B> =>
  cast(nn.groupNorm(layerAt(net, key), cast(x, "f32"), net.config.groups ?? 32), x.dtype);

/** Both branches change size, between activation and convolution, so that every place has seen the norm. */
const resBlock = <B extends number>(
  net: Network,
  { key, from, to, resample }: ResBlock,
  input: Features<B>,
  emb: Embedding<B>,
  dropoutKey: random.Key | undefined,
): Features<B> => {
  const x = resized(resample, input);
  const h = resized(resample, silu(normalise(net, `${key}.in_layers.0`, input)));
  const hidden = convolve(net, `${key}.in_layers.2`, h, { padding: 1 });
  const modulated = silu(modulate(net, key, hidden, emb));
  const kept = dropout(net.config.dropout ?? 0, dropoutKey, modulated);
  const residual = convolve(net, `${key}.out_layers.3`, kept, { padding: 1 });
  return add(from === to ? x : convolve(net, `${key}.skip_connection`, x), residual);
};

const resized = <B extends number>(direction: Resampling["direction"] | undefined, x: Features<B>): Features<B> =>
  direction === undefined ? x : direction === "down" ? avgPool(x, 2) : upsample(x, 2);

/** What the embedding says of each channel: norm(h) (1 + scale) + shift, or norm(h + e). */
const modulate = <B extends number>(net: Network, key: string, h: Features<B>, emb: Embedding<B>): Features<B> => {
  const told = cast(nn.linear(layerAt(net, `${key}.emb_layers.1`), silu(emb)), h.dtype);
  const e: Features<B> = reshape(told, [...told.shape, 1, 1]);
  if (!net.config.scaleShiftNorm) return normalise(net, `${key}.out_layers.0`, add(h, e));
  const channels: Dyn = h.shape[1];
  const [scale, shift] = split(e, [channels, channels], 1);
  return add(mul(normalise(net, `${key}.out_layers.0`, h), add(scale, 1)), shift);
};

/** Leaves out a share of the elements, and keeps the mean: only with a key, as in training. */
const dropout = <B extends number>(rate: number, key: random.Key | undefined, x: Features<B>): Features<B> => {
  if (key === undefined || rate === 0) return x;
  const kept: Tensor<[B, Dyn, Dyn, Dyn], "bool"> = greaterEqual(random.uniform(key, x.shape), rate);
  return where(kept, mul(x, 1 / (1 - rate)), 0);
};

/** Self-attention between places. */
const attentionBlock = <B extends number>(net: Network, { key, heads }: Attention, x: Features<B>): Features<B> => {
  const places = rearrange(normalise(net, `${key}.norm`, x), "b c h w -> b c (h w)");
  const [q, k, v] = headsOf(project(net, `${key}.qkv`, places), heads, net.config.attentionOrder ?? "legacy");
  // The softmax is in f32, as norms are.
  const mixed = cast(attention(cast(q, "f32"), cast(k, "f32"), cast(v, "f32")), x.dtype);
  const out = project(net, `${key}.proj_out`, rearrange(mixed, "b n t d -> b (n d) t"));
  return add(x, reshape(out, x.shape));
};

type Heads<B extends number> = Tensor<[B, Dyn, Dyn, Dyn], Dyn>;

/** Queries, keys and values of each head: batch, heads, places, channels of a head. */
export const headsOf = <B extends number>(
  qkv: Tensor<[B, Dyn, Dyn], Dyn>,
  heads: number,
  order: "legacy" | "new",
): readonly [Heads<B>, Heads<B>, Heads<B>] =>
  unstack(
    order === "new"
      ? rearrange(qkv, "b (k n d) t -> k b n t d", { k: 3, n: heads })
      : rearrange(qkv, "b (n k d) t -> k b n t d", { k: 3, n: heads }),
  );

/** A level's change of size where no residual block does it. */
const resampling = <B extends number>(
  net: Network,
  { key, direction, convolution }: Resampling,
  x: Features<B>,
): Features<B> => {
  if (direction === "up") {
    const large = upsample(x, 2);
    return convolution ? convolve(net, `${key}.conv`, large, { padding: 1 }) : large;
  }
  return convolution ? convolve(net, `${key}.op`, x, { stride: 2, padding: 1 }) : avgPool(x, 2);
};
