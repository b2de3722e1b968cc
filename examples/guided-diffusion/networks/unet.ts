/** ADM's UNet (arXiv 2105.05233): what it predicts of a noisy image. */

import { add, cast, concat, type Dyn, type In, silu, type Tensor } from "typegrad";
import * as nn from "typegrad/nn";
import type * as random from "typegrad/random";
import { checkInput } from "./check-input.ts";
import type { UNetConfig } from "./config.ts";
import { convolve, type Features, normalise, parameterAt, runBlock, type Timesteps, timeEmbedding } from "./layers.ts";
import type { ConfigDim, Parameters, UNetParams } from "./parameter-types.ts";
import { checkParameters } from "./parameters.ts";
import { unetPlan } from "./plan.ts";
import { blockKey, runTrunk } from "./trunk.ts";

export type Labels<B extends number> = In<readonly [B], "i32">;

/** The label of each image, where the network has classes; then the key of dropout, in training alone. */
export type LabelsAndKey<C extends UNetConfig, B extends number> = C extends { readonly classes: number }
  ? [y: Labels<B>, dropout?: random.Key | undefined]
  : number extends C["widths"]["length"]
    ? [y?: Labels<B> | undefined, dropout?: random.Key | undefined]
    : [y?: undefined, dropout?: random.Key | undefined];

type UNet = <const C extends UNetConfig, B extends number, H extends number, W extends number>(
  config: C,
  params: UNetParams<C>,
  x: In<readonly [B, ConfigDim<C["inChannels"]>, H, W], "f32">,
  t: Timesteps<NoInfer<B>>,
  ...rest: LabelsAndKey<C, NoInfer<B>>
) => Tensor<[B, ConfigDim<C["outChannels"]>, H, W]>;

/**
 * Noisy images, timesteps and labels → what the network predicts: noise, and with twice the channels of an image also how
 * its variance lies between two bounds.
 *
 * Shapes: x [B, inChannels, H, W], t [B], y [B] → [B, outChannels, H, W]; H and W are divisible by 2^(levels − 1).
 * @throws RangeError for a config, parameters, an image or labels that do not fit each other
 */
export const unet = (<B extends number>(
  config: UNetConfig,
  params: Parameters,
  x: Tensor<[B, Dyn, Dyn, Dyn]>,
  t: Timesteps<B>,
  y?: Labels<B>,
  dropout?: random.Key,
): Tensor<[B, Dyn, Dyn, Dyn]> => {
  const net = { config, parameters: params };
  checkParameters(config, params);
  checkInput(config, x, t, y);
  const plan = unetPlan(config);
  const time = timeEmbedding(net, t);
  const emb = y === undefined ? time : add(time, nn.embedding({ weight: parameterAt(params, "label_emb.weight") }, y));

  const { features, kept } = runTrunk(net, plan, x, emb, dropout);
  const skips = [...kept];
  let h = features;
  for (const [i, block] of plan.output.entries()) {
    h = runBlock(net, block, concat([h, skips.pop() as Features<B>], 1), emb, blockKey(dropout, kept.length + 1 + i));
  }
  return convolve(net, "out.2", silu(normalise(net, "out.0", cast(h, "f32"))), { padding: 1 });
  // The derived types do not reduce while the config is a type parameter.
}) as unknown as UNet;
