/** What a network is built from: a literal that the types of its parameters are derived from. */

/** The options that UNet and classifier share; those left out have the original's defaults. */
export interface TrunkConfig {
  /** Channels of x; for super-resolution those of the noisy image and of the low-resolution one together. */
  readonly inChannels: number;
  /** What the network gives for each place, or the number of classes of a classifier. */
  readonly outChannels: number;
  /** Channels of the timestep embedding; what blocks are told has four times as many. */
  readonly modelChannels: number;
  /** Channels of each level, the finest first. */
  readonly widths: readonly number[];
  /** Residual blocks a level on the way down; there is one more on the way up. */
  readonly resBlocks: number;
  /** Downsampling factors of the levels that have attention. */
  readonly attentionFactors: readonly number[];
  /** How levels change size: by convolutions ("conv", the default), by pooling and repetition alone, or inside residual blocks. */
  readonly resample?: "conv" | "pool" | "resBlock";
  /** Whether the embedding scales and shifts normalised features, or is added before they are normalised (the default). */
  readonly scaleShiftNorm?: boolean;
  /** Heads of attention; 1 by default. Left aside where `headChannels` is given. */
  readonly heads?: number;
  /** Channels of each head. */
  readonly headChannels?: number;
  /** Where q, k and v lie in the projection: within each head ("legacy", the default), or each with its heads side by side. */
  readonly attentionOrder?: "legacy" | "new";
  /** Groups of the group norms; 32 by default. */
  readonly groups?: number;
  /** Share of features that training leaves out in each residual block; 0 by default. */
  readonly dropout?: number;
  /** What convolutions between the first and the last layer store; "f32" by default. */
  readonly torso?: "f32" | "f16";
  /** Whether gradients compute the inside of each block again instead of keeping it; false by default. */
  readonly checkpoint?: boolean;
}

export interface UNetConfig extends TrunkConfig {
  /** Number of classes, where the network is told one. */
  readonly classes?: number;
  /** Heads on the way up; as many as `heads` by default. Left aside where `headChannels` is given. */
  readonly headsUp?: number;
}

/** How a classifier makes one answer of all places. */
export type Pool = "adaptive" | "attention" | "spatial" | "spatial_v2";

export interface ClassifierConfig extends TrunkConfig {
  readonly pool: Pool;
  /** Height and width of x, to which the attention pool is tied. */
  readonly imageSize: number;
}

/** Channels of the embedding of timestep and label. */
export const embeddingChannels = (config: TrunkConfig): number => 4 * config.modelChannels;

/** How many times smaller the coarsest level is. */
export const reduction = (config: TrunkConfig): number => 2 ** (config.widths.length - 1);

/** Whether a level has attention, the finest being level 0. */
export const hasAttention = (config: TrunkConfig, level: number): boolean =>
  config.attentionFactors.includes(2 ** level);

const isCount = (n: number): boolean => Number.isInteger(n) && n > 0;

/**
 * Throws where no network is described, or one that cannot compute.
 * @throws RangeError, which names the option
 */
export const checkConfig = (config: UNetConfig | ClassifierConfig): void => {
  const { widths, groups = 32, heads = 1, headChannels, dropout = 0 } = config;
  const counts = {
    inChannels: config.inChannels,
    outChannels: config.outChannels,
    modelChannels: config.modelChannels,
    resBlocks: config.resBlocks,
    groups,
    heads,
    headsUp: ("headsUp" in config ? config.headsUp : undefined) ?? 1,
    headChannels: headChannels ?? 1,
    classes: ("classes" in config ? config.classes : undefined) ?? 1,
  };
  for (const [name, count] of Object.entries(counts)) {
    if (!isCount(count)) throw new RangeError(`${name} is ${count}, and must be a whole number from 1 up`);
  }
  if (widths.length === 0) throw new RangeError("widths is empty, and must have the channels of each level");
  if (!(dropout >= 0 && dropout < 1)) throw new RangeError(`dropout is ${dropout}, and must lie from 0 up to below 1`);
  if ("pool" in config && config.pool === "attention" && headChannels === undefined)
    throw new RangeError('the pool "attention" needs headChannels, the channels of each head');
  for (const [level, width] of widths.entries()) checkWidth(config, level, width);
};

const checkWidth = (config: UNetConfig | ClassifierConfig, level: number, width: number): void => {
  const { widths, groups = 32, headChannels, heads = 1 } = config;
  const what = `level ${level} has ${width} channels (widths)`;
  if (!isCount(width)) throw new RangeError(`${what}, and must have a whole number from 1 up`);
  if (width % groups !== 0) {
    throw new RangeError(
      `${what}, which its group norms cannot part into ${groups} groups; take widths that ${groups} divides, or other groups`,
    );
  }
  // The middle has attention whatever the factors say.
  if (!hasAttention(config, level) && level < widths.length - 1) return;
  if (headChannels !== undefined) {
    if (width % headChannels !== 0) {
      throw new RangeError(
        `${what}, which are no whole number of heads of ${headChannels} channels (headChannels); take a divisor of ${width}, or heads`,
      );
    }
    return;
  }
  const headsUp = ("headsUp" in config ? config.headsUp : undefined) ?? heads;
  for (const [name, count] of Object.entries({ heads, headsUp })) {
    if (width % count !== 0) throw new RangeError(`${what}, which ${count} heads (${name}) do not divide`);
  }
};
