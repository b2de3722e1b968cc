/** ADM's super-resolution (arXiv 2105.05233): the UNet, which is shown a smaller image as well. */

import { concat, type Dyn, type Half, type In, resize, type Tensor } from "typegrad";
import type { Key } from "typegrad/random";
import type { UNetConfig } from "./config.ts";
import type { Timesteps } from "./layers.ts";
import type { ConfigDim, Parameters, UNetParams } from "./parameter-types.ts";
import { type Labels, type LabelsAndKey, unet } from "./unet.ts";

type SuperRes = <
  const C extends UNetConfig,
  B extends number,
  H extends number,
  W extends number,
  h extends number,
  w extends number,
>(
  config: C,
  params: UNetParams<C>,
  x: In<readonly [B, Half<ConfigDim<C["inChannels"]>>, H, W], "f32">,
  lowRes: In<readonly [NoInfer<B>, Half<ConfigDim<C["inChannels"]>>, h, w], "f32">,
  t: Timesteps<NoInfer<B>>,
  ...rest: LabelsAndKey<C, NoInfer<B>>
) => Tensor<[B, ConfigDim<C["outChannels"]>, H, W]>;

/**
 * Noisy images, small images, timesteps and labels → what the network predicts of the noisy images. The config's
 * `inChannels` are those of both together.
 *
 * Shapes: x [B, C, H, W], lowRes [B, C, h, w], t [B], y [B] → [B, outChannels, H, W].
 * @throws RangeError for a config, parameters, images or labels that do not fit each other
 */
export const superRes = (<B extends number>(
  config: UNetConfig,
  params: Parameters,
  x: Tensor<[B, Dyn, Dyn, Dyn]>,
  lowRes: Tensor<[B, Dyn, Dyn, Dyn]>,
  t: Timesteps<B>,
  y?: Labels<B>,
  dropout?: Key,
): Tensor<[B, Dyn, Dyn, Dyn]> => {
  const [batch, channels, height, width] = x.shape;
  if (lowRes.shape[0] !== batch || lowRes.shape[1] !== channels || 2 * channels !== config.inChannels) {
    throw new RangeError(
      `x is [${x.shape.join(", ")}] and lowRes [${lowRes.shape.join(", ")}]; both must have one batch and ${config.inChannels / 2} channels, half of the config's inChannels`,
    );
  }
  const both: Tensor<[B, Dyn, Dyn, Dyn]> = concat([x, resize(lowRes, [height, width], "bilinear")], 1);
  // Labels and key are there or not as the caller's type has it.
  return unet(config, params, both, t, y, dropout);
}) as unknown as SuperRes;
