/** The released models by the names of the command line: flags, config, and the classifier that guides each. */

import type { ClassifierConfig, UNetConfig } from "./config.ts";
import * as configs from "./configs.ts";
import type { ClassifierFlags, SuperResFlags, UNetFlags } from "./flags.ts";

/** Flags of the diffusion process that go with a network. */
export interface ProcessFlags {
  readonly diffusion_steps: number;
  readonly noise_schedule: "linear" | "cosine";
}

/** A classifier, and by how much it guides. */
export interface ClassifierPreset {
  readonly config: ClassifierConfig;
  readonly flags: Partial<ClassifierFlags>;
  /** The released file, where there is one. */
  readonly file?: string;
  readonly scale: number;
}

/** A released or trained model. Flags that are left out have their defaults; half precision is chosen where it runs. */
export type Preset = {
  readonly config: UNetConfig;
  readonly file?: string;
  readonly classifier?: ClassifierPreset;
} & (
  | { readonly network: "unet"; readonly flags: Partial<UNetFlags> & ProcessFlags }
  | { readonly network: "superRes"; readonly flags: Partial<SuperResFlags> & ProcessFlags }
);

const linear = { diffusion_steps: 1000, noise_schedule: "linear" } as const;
const cosine = { diffusion_steps: 1000, noise_schedule: "cosine" } as const;

/** What all released networks have in common. */
const common = {
  learn_sigma: true,
  resblock_updown: true,
  use_scale_shift_norm: true,
  attention_resolutions: "32,16,8",
} as const;

const flags256 = { ...common, image_size: 256, num_channels: 256, num_res_blocks: 2, num_head_channels: 64, ...linear };

const lsun = (name: string): Preset => ({
  network: "unet",
  config: configs.admLsun,
  flags: { ...flags256, dropout: 0.1 },
  file: `lsun_${name}.pt`,
});

const guide256 = { config: configs.classifier256, flags: { image_size: 256 }, file: "256x256_classifier.pt" } as const;

/** Grey images of 28 × 28 in ten classes. */
const small: Preset = {
  network: "unet",
  config: configs.digits,
  flags: {
    ...cosine,
    learn_sigma: true,
    resblock_updown: true,
    image_size: 28,
    image_channels: 1,
    num_channels: 32,
    num_res_blocks: 1,
    channel_mult: "1,1,2",
    num_head_channels: 32,
    attention_resolutions: "7",
    norm_groups: 8,
  },
  classifier: {
    config: configs.digitsClassifier,
    flags: {
      image_size: 28,
      image_channels: 1,
      num_classes: 10,
      classifier_width: 32,
      classifier_depth: 1,
      classifier_channel_mult: "1,1,2",
      classifier_head_channels: 32,
      classifier_attention_resolutions: "7",
      norm_groups: 8,
    },
    scale: 4,
  },
};

export const presets = {
  "64": {
    network: "unet",
    config: configs.adm64,
    flags: {
      ...common,
      ...cosine,
      class_cond: true,
      image_size: 64,
      num_channels: 192,
      num_res_blocks: 3,
      num_head_channels: 64,
      use_new_attention_order: true,
      dropout: 0.1,
    },
    file: "64x64_diffusion.pt",
    classifier: {
      config: configs.classifier64,
      flags: { image_size: 64, classifier_depth: 4 },
      file: "64x64_classifier.pt",
      scale: 1,
    },
  },
  "128": {
    network: "unet",
    config: configs.adm128,
    flags: {
      ...common,
      ...linear,
      class_cond: true,
      image_size: 128,
      num_channels: 256,
      num_res_blocks: 2,
      num_heads: 4,
    },
    file: "128x128_diffusion.pt",
    classifier: {
      config: configs.classifier128,
      flags: { image_size: 128 },
      file: "128x128_classifier.pt",
      scale: 0.5,
    },
  },
  "256": {
    network: "unet",
    config: configs.adm256,
    flags: { ...flags256, class_cond: true },
    file: "256x256_diffusion.pt",
    classifier: { ...guide256, scale: 1 },
  },
  "256-uncond": {
    network: "unet",
    config: configs.adm256Unconditional,
    flags: flags256,
    file: "256x256_diffusion_uncond.pt",
    classifier: { ...guide256, scale: 10 },
  },
  "512": {
    network: "unet",
    config: configs.adm512,
    flags: { ...flags256, class_cond: true, image_size: 512 },
    file: "512x512_diffusion.pt",
    classifier: {
      config: configs.classifier512,
      flags: { image_size: 512 },
      file: "512x512_classifier.pt",
      scale: 4,
    },
  },
  "64_256": {
    network: "superRes",
    config: configs.superRes64To256,
    flags: {
      ...common,
      ...linear,
      class_cond: true,
      large_size: 256,
      small_size: 64,
      num_channels: 192,
      num_res_blocks: 2,
      num_heads: 4,
    },
    file: "64_256_upsampler.pt",
  },
  "128_512": {
    network: "superRes",
    config: configs.superRes128To512,
    flags: {
      ...common,
      ...linear,
      class_cond: true,
      attention_resolutions: "32,16",
      large_size: 512,
      small_size: 128,
      num_channels: 192,
      num_res_blocks: 2,
      num_head_channels: 64,
    },
    file: "128_512_upsampler.pt",
  },
  "lsun-bedroom": lsun("bedroom"),
  "lsun-cat": lsun("cat"),
  "lsun-horse": lsun("horse"),
  "lsun-horse-nodropout": {
    network: "unet",
    config: configs.adm256Unconditional,
    flags: flags256,
    file: "lsun_horse_nodropout.pt",
  },
  mnist: small,
  fashion: small,
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;
