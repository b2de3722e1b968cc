/** ADM's noisy classifier (arXiv 2105.05233): the UNet's way down, and a pool of what it found. */

import {
  add,
  attention,
  cast,
  concat,
  type Dyn,
  type In,
  mean,
  rearrange,
  relu,
  reshape,
  silu,
  slice,
  type Tensor,
} from "typegrad";
import * as nn from "typegrad/nn";
import type { Key } from "typegrad/random";
import { checkInput } from "./check-input.ts";
import type { ClassifierConfig } from "./config.ts";
import {
  type Features,
  headsOf,
  layerAt,
  type Network,
  normalise,
  parameterAt,
  project,
  type Timesteps,
  timeEmbedding,
} from "./layers.ts";
import type { ClassifierParams, ConfigDim, Parameters } from "./parameter-types.ts";
import { checkParameters } from "./parameters.ts";
import { trunkPlan } from "./plan.ts";
import { runTrunk } from "./trunk.ts";

type Classifier = <const C extends ClassifierConfig, B extends number, H extends number, W extends number>(
  config: C,
  params: ClassifierParams<C>,
  x: In<readonly [B, ConfigDim<C["inChannels"]>, H, W], "f32">,
  t: Timesteps<NoInfer<B>>,
  dropout?: Key,
) => Tensor<[B, ConfigDim<C["outChannels"]>]>;

/**
 * Noisy images and timesteps → a logit for each class.
 *
 * Shapes: x [B, inChannels, H, W], t [B] → [B, outChannels]; H and W are divisible by 2^(levels − 1), and equal to the
 * config's `imageSize` where the pool is "attention".
 * @throws RangeError for a config, parameters or an image that do not fit each other
 */
export const classifier = (<B extends number>(
  config: ClassifierConfig,
  params: Parameters,
  x: Tensor<[B, Dyn, Dyn, Dyn]>,
  t: Timesteps<B>,
  dropout?: Key,
): Tensor<[B, Dyn]> => {
  const net = { config, parameters: params };
  checkParameters(config, params);
  checkInput(config, x, t, undefined);
  const trunk = runTrunk(net, trunkPlan(config), x, timeEmbedding(net, t), dropout);
  const features: Features<B> = cast(trunk.features, "f32");
  switch (config.pool) {
    case "adaptive":
      return adaptivePool(net, features);
    case "attention":
      return attentionPool(net, features, config.headChannels as number);
    case "spatial":
    case "spatial_v2":
      return spatialPool(net, config.pool, [...trunk.kept, features]);
  }
  // The derived types do not reduce while the config is a type parameter.
}) as unknown as Classifier;

const activated = <B extends number>(net: Network, x: Features<B>): Features<B> => silu(normalise(net, "out.0", x));

/** The mean over places of each channel. */
const averaged = <B extends number>(x: Features<B>): Tensor<[B, Dyn]> => mean(cast(x, "f32"), [2, 3]);

/** A linear map, stored as a convolution, of the means. */
const adaptivePool = <B extends number>(net: Network, x: Features<B>): Tensor<[B, Dyn]> => {
  const { weight, bias } = layerAt(net, "out.3");
  const [classes, channels]: readonly [Dyn, Dyn] = weight.shape;
  return nn.linear({ weight: reshape(weight, [classes, channels]), bias }, averaged(activated(net, x)));
};

/** The mean of all places asks each of them, itself too; what it is told is the result. */
const attentionPool = <B extends number>(net: Network, x: Features<B>, headChannels: number): Tensor<[B, Dyn]> => {
  const places: Tensor<[B, Dyn, Dyn]> = rearrange(activated(net, x), "b c h w -> b c (h w)");
  const tokens: Tensor<[B, Dyn, Dyn]> = concat([mean(places, 2, { keepDims: true }), places], 2);
  const positions: Tensor<[Dyn, Dyn]> = parameterAt(net.parameters, "out.2.positional_embedding");
  const placed = add(tokens, reshape(positions, [1, ...positions.shape]));
  const heads: number = placed.shape[1] / headChannels;
  const [q, k, v] = headsOf(project(net, "out.2.qkv_proj", placed), heads, "new");
  // Only what the first asks is needed.
  const told = attention(slice(q, 2, 0, 1), k, v);
  const logits = project(net, "out.2.c_proj", rearrange(told, "b n t d -> b (n d) t"));
  const [batch, classes] = logits.shape;
  return reshape(logits, [batch, classes]);
};

/** Two layers over the means of what every block gave. */
const spatialPool = <B extends number>(
  net: Network,
  pool: "spatial" | "spatial_v2",
  features: readonly Features<B>[],
): Tensor<[B, Dyn]> => {
  const hidden: Tensor<[B, Dyn]> = nn.linear(layerAt(net, "out.0"), concat(features.map(averaged), 1));
  if (pool === "spatial") return nn.linear(layerAt(net, "out.2"), relu(hidden));
  const normal = nn.groupNorm(layerAt(net, "out.1"), hidden, net.config.groups ?? 32);
  return nn.linear(layerAt(net, "out.3"), silu(normal));
};
