/** The parts of a network that have parameters, in the order of a checkpoint. */

import { type ClassifierConfig, embeddingChannels, type UNetConfig } from "./config.ts";
import { type Layer, type TrunkPlan, trunkPlan, unetPlan } from "./plan.ts";

/**
 * What a part starts as: a map of its inputs ("affine"), the same at zero ("zero"), an affine map after a norm, a table of
 * rows ("embedding") or one of positions.
 */
export interface Part {
  readonly kind: "affine" | "zero" | "norm" | "embedding" | "position";
  readonly key: string;
  /** Of its weight; a bias has as many elements as the weight has rows. */
  readonly shape: readonly number[];
}

const part = (kind: Part["kind"], key: string, ...shape: readonly number[]): Part => ({ kind, key, shape });

export const partsOf = (config: UNetConfig | ClassifierConfig): readonly Part[] =>
  "pool" in config ? classifierParts(config) : unetParts(config);

const unetParts = (config: UNetConfig): readonly Part[] => {
  const plan = unetPlan(config);
  const [first = 0] = config.widths;
  return [
    ...timeParts(config),
    ...(config.classes === undefined
      ? []
      : [part("embedding", "label_emb", config.classes, embeddingChannels(config))]),
    ...trunkParts(config, plan),
    ...plan.output.flatMap(({ layers }) => layers.flatMap((layer) => layerParts(config, layer))),
    part("norm", "out.0", first),
    part("zero", "out.2", config.outChannels, first, 3, 3),
  ];
};

const classifierParts = (config: ClassifierConfig): readonly Part[] => {
  const plan = trunkPlan(config);
  return [...timeParts(config), ...trunkParts(config, plan), ...headParts(config, plan)];
};

/** Hidden features of the spatial pools. */
const hidden = 2048;

const headParts = ({ pool, outChannels, imageSize, ...config }: ClassifierConfig, plan: TrunkPlan): readonly Part[] => {
  const { channels } = plan.middle;
  const features = plan.input.reduce((sum, block) => sum + block.channels, channels);
  const norm = part("norm", "out.0", channels);
  const places = Math.floor(imageSize / 2 ** (config.widths.length - 1)) ** 2;
  switch (pool) {
    case "adaptive":
      return [norm, part("zero", "out.3", outChannels, channels, 1, 1)];
    case "attention":
      return [
        norm,
        part("position", "out.2.positional_embedding", channels, places + 1),
        part("affine", "out.2.qkv_proj", 3 * channels, channels, 1),
        part("affine", "out.2.c_proj", outChannels, channels, 1),
      ];
    case "spatial":
      return [part("affine", "out.0", hidden, features), part("affine", "out.2", outChannels, hidden)];
    case "spatial_v2":
      return [
        part("affine", "out.0", hidden, features),
        part("norm", "out.1", hidden),
        part("affine", "out.3", outChannels, hidden),
      ];
  }
};

type AnyConfig = UNetConfig | ClassifierConfig;

const timeParts = (config: AnyConfig): readonly Part[] => {
  const embedding = embeddingChannels(config);
  return [
    part("affine", "time_embed.0", embedding, config.modelChannels),
    part("affine", "time_embed.2", embedding, embedding),
  ];
};

const trunkParts = (config: AnyConfig, { input, middle }: TrunkPlan): readonly Part[] =>
  [...input, middle].flatMap(({ layers }) => layers.flatMap((layer) => layerParts(config, layer)));

const layerParts = (config: AnyConfig, layer: Layer): readonly Part[] => {
  const { key } = layer;
  switch (layer.kind) {
    case "convolution":
      return [part("affine", key, layer.to, layer.from, 3, 3)];
    case "resBlock": {
      const { from, to } = layer;
      return [
        part("norm", `${key}.in_layers.0`, from),
        part("affine", `${key}.in_layers.2`, to, from, 3, 3),
        part("affine", `${key}.emb_layers.1`, config.scaleShiftNorm ? 2 * to : to, embeddingChannels(config)),
        part("norm", `${key}.out_layers.0`, to),
        part("zero", `${key}.out_layers.3`, to, to, 3, 3),
        ...(from === to ? [] : [part("affine", `${key}.skip_connection`, to, from, 1, 1)]),
      ];
    }
    case "attention": {
      const { channels } = layer;
      return [
        part("norm", `${key}.norm`, channels),
        part("affine", `${key}.qkv`, 3 * channels, channels, 1),
        part("zero", `${key}.proj_out`, channels, channels, 1),
      ];
    }
    case "resampling": {
      const { channels, direction } = layer;
      const name = direction === "down" ? "op" : "conv";
      return layer.convolution ? [part("affine", `${key}.${name}`, channels, channels, 3, 3)] : [];
    }
  }
};
