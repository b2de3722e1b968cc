/** The original's flags, and the configs that they describe. Names, defaults and derivations are guided-diffusion's. */

import { type ClassifierConfig, checkConfig, type Pool, type TrunkConfig, type UNetConfig } from "./config.ts";

/** Flags of every diffusion network. Those of the last three lines are ours: constants in the original. */
export interface NetworkFlags {
  readonly num_channels: number;
  readonly num_res_blocks: number;
  readonly num_heads: number;
  /** −1: as many as `num_heads`. */
  readonly num_heads_upsample: number;
  /** −1: by `num_heads`. */
  readonly num_head_channels: number;
  /** Heights of the levels that have attention, in pixels. */
  readonly attention_resolutions: string;
  readonly dropout: number;
  readonly class_cond: boolean;
  readonly learn_sigma: boolean;
  readonly use_checkpoint: boolean;
  readonly use_scale_shift_norm: boolean;
  readonly resblock_updown: boolean;
  readonly use_fp16: boolean;
  readonly num_classes: number;
  readonly image_channels: number;
  readonly norm_groups: number;
}

export interface UNetFlags extends NetworkFlags {
  readonly image_size: number;
  /** Widths of the levels in units of `num_channels`; "" is the default of the image's size. */
  readonly channel_mult: string;
  readonly use_new_attention_order: boolean;
}

export interface SuperResFlags extends NetworkFlags {
  readonly large_size: number;
  readonly small_size: number;
}

export interface ClassifierFlags {
  readonly image_size: number;
  readonly classifier_use_fp16: boolean;
  readonly classifier_width: number;
  readonly classifier_depth: number;
  readonly classifier_attention_resolutions: string;
  readonly classifier_use_scale_shift_norm: boolean;
  readonly classifier_resblock_updown: boolean;
  readonly classifier_pool: Pool;
  /** From here on ours: constants in the original. */
  readonly classifier_channel_mult: string;
  readonly classifier_head_channels: number;
  readonly num_classes: number;
  readonly image_channels: number;
  readonly norm_groups: number;
}

const networkDefaults: NetworkFlags = {
  num_channels: 128,
  num_res_blocks: 2,
  num_heads: 4,
  num_heads_upsample: -1,
  num_head_channels: -1,
  attention_resolutions: "16,8",
  dropout: 0,
  class_cond: false,
  learn_sigma: false,
  use_checkpoint: false,
  use_scale_shift_norm: true,
  resblock_updown: false,
  use_fp16: false,
  num_classes: 1000,
  image_channels: 3,
  norm_groups: 32,
};

export const unetDefaults: UNetFlags = {
  ...networkDefaults,
  image_size: 64,
  channel_mult: "",
  use_new_attention_order: false,
};

export const superResDefaults: SuperResFlags = { ...networkDefaults, large_size: 256, small_size: 64 };

export const classifierDefaults: ClassifierFlags = {
  image_size: 64,
  classifier_use_fp16: false,
  classifier_width: 128,
  classifier_depth: 2,
  classifier_attention_resolutions: "32,16,8",
  classifier_use_scale_shift_norm: true,
  classifier_resblock_updown: true,
  classifier_pool: "attention",
  classifier_channel_mult: "",
  classifier_head_channels: 64,
  num_classes: 1000,
  image_channels: 3,
  norm_groups: 32,
};

/**
 * The UNet that flags describe; those that are left out have their defaults.
 * @throws RangeError, which names the flag or the option that it became
 */
export const unetConfig = (given: Partial<UNetFlags>): UNetConfig => {
  const flags = { ...unetDefaults, ...given };
  return checked({
    inChannels: flags.image_channels,
    ...networkConfig(flags, flags.image_size, multipliers("image_size", flags.image_size, flags.channel_mult)),
    ...(flags.use_new_attention_order && { attentionOrder: "new" }),
  });
};

/**
 * The super-resolution network that flags describe. It is shown two images, and its attention has the old order.
 * @throws RangeError
 */
export const superResConfig = (given: Partial<SuperResFlags>): UNetConfig => {
  const flags = { ...superResDefaults, ...given };
  const sizes: Readonly<Record<number, string>> = { ...channelMultipliers, 512: "1,1,2,2,4,4" };
  return checked({
    inChannels: 2 * flags.image_channels,
    ...networkConfig(flags, flags.large_size, multipliers("large_size", flags.large_size, "", sizes)),
  });
};

/**
 * The classifier that flags describe.
 * @throws RangeError
 */
export const classifierConfig = (given: Partial<ClassifierFlags>): ClassifierConfig => {
  const flags = { ...classifierDefaults, ...given };
  const { image_size, classifier_width, classifier_channel_mult } = flags;
  return checked({
    inChannels: flags.image_channels,
    outChannels: flags.num_classes,
    modelChannels: classifier_width,
    widths: widthsOf(classifier_width, multipliers("image_size", image_size, classifier_channel_mult)),
    resBlocks: flags.classifier_depth,
    attentionFactors: factors(image_size, flags.classifier_attention_resolutions),
    ...(flags.classifier_resblock_updown && { resample: "resBlock" }),
    ...(flags.classifier_use_scale_shift_norm && { scaleShiftNorm: true }),
    headChannels: flags.classifier_head_channels,
    ...(flags.norm_groups !== 32 && { groups: flags.norm_groups }),
    ...(flags.classifier_use_fp16 && { torso: "f16" }),
    pool: flags.classifier_pool,
    imageSize: image_size,
  });
};

const checked = <C extends UNetConfig | ClassifierConfig>(config: C): C => {
  checkConfig(config);
  return config;
};

const networkConfig = (
  flags: NetworkFlags,
  size: number,
  multiples: readonly number[],
): Omit<UNetConfig, "inChannels"> => ({
  outChannels: (flags.learn_sigma ? 2 : 1) * flags.image_channels,
  modelChannels: flags.num_channels,
  widths: widthsOf(flags.num_channels, multiples),
  resBlocks: flags.num_res_blocks,
  attentionFactors: factors(size, flags.attention_resolutions),
  ...(flags.resblock_updown && { resample: "resBlock" }),
  ...(flags.use_scale_shift_norm && { scaleShiftNorm: true }),
  ...headsOf(flags),
  ...(flags.norm_groups !== 32 && { groups: flags.norm_groups }),
  ...(flags.class_cond && { classes: flags.num_classes }),
  ...(flags.dropout > 0 && { dropout: flags.dropout }),
  ...(flags.use_fp16 && { torso: "f16" }),
  ...(flags.use_checkpoint && { checkpoint: true }),
});

const headsOf = (flags: NetworkFlags): Pick<UNetConfig, "heads" | "headsUp" | "headChannels"> =>
  flags.num_head_channels !== -1
    ? { headChannels: flags.num_head_channels }
    : { heads: flags.num_heads, ...(flags.num_heads_upsample !== -1 && { headsUp: flags.num_heads_upsample }) };

const channelMultipliers: Readonly<Record<number, string>> = {
  64: "1,2,3,4",
  128: "1,1,2,3,4",
  256: "1,1,2,2,4,4",
  512: "0.5,1,1,2,2,4,4",
};

/** Fractions may be given too, unlike in the original, which has one itself. */
const multipliers = (
  name: string,
  size: number,
  given: string,
  bySize: Readonly<Record<number, string>> = channelMultipliers,
): readonly number[] => {
  const text = given === "" ? bySize[size] : given;
  if (text === undefined) {
    throw new RangeError(
      `${name} ${size} has no default channel_mult, as ${Object.keys(bySize).join(", ")} have; give channel_mult, such as 1,2,2`,
    );
  }
  return numbers("channel_mult", text);
};

const numbers = (name: string, text: string): readonly number[] =>
  text.split(",").map((part) => {
    const value = Number(part);
    if (part.trim() === "" || !(value > 0))
      throw new RangeError(`${name} is "${text}", and must be numbers above 0, parted by commas`);
    return value;
  });

const widthsOf = (channels: number, multiples: readonly number[]): readonly number[] =>
  multiples.map((multiple) => Math.floor(multiple * channels));

/** Sizes in pixels as how many times smaller they are. */
const factors = (size: number, resolutions: string): TrunkConfig["attentionFactors"] =>
  resolutions === "" ? [] : numbers("attention_resolutions", resolutions).map((pixels) => Math.floor(size / pixels));
