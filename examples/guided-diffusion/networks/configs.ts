/** The configs of the released models, and of small ones for digits and clothes, as literals: their parameters have exact types. */

import type { ClassifierConfig, UNetConfig } from "./config.ts";

/** What all released diffusion networks have in common. */
const released = { inChannels: 3, outChannels: 6, resample: "resBlock", scaleShiftNorm: true } as const;

export const adm64 = {
  ...released,
  modelChannels: 192,
  widths: [192, 384, 576, 768],
  resBlocks: 3,
  attentionFactors: [2, 4, 8],
  headChannels: 64,
  attentionOrder: "new",
  classes: 1000,
  dropout: 0.1,
} as const satisfies UNetConfig;

export const adm128 = {
  ...released,
  modelChannels: 256,
  widths: [256, 256, 512, 768, 1024],
  resBlocks: 2,
  attentionFactors: [4, 8, 16],
  heads: 4,
  classes: 1000,
} as const satisfies UNetConfig;

export const adm256Unconditional = {
  ...released,
  modelChannels: 256,
  widths: [256, 256, 512, 512, 1024, 1024],
  resBlocks: 2,
  attentionFactors: [8, 16, 32],
  headChannels: 64,
} as const satisfies UNetConfig;

export const adm256 = { ...adm256Unconditional, classes: 1000 } as const satisfies UNetConfig;

/** Bedrooms, cats and horses. */
export const admLsun = { ...adm256Unconditional, dropout: 0.1 } as const satisfies UNetConfig;

export const adm512 = {
  ...released,
  modelChannels: 256,
  widths: [128, 256, 256, 512, 512, 1024, 1024],
  resBlocks: 2,
  attentionFactors: [16, 32, 64],
  headChannels: 64,
  classes: 1000,
} as const satisfies UNetConfig;

export const superRes64To256 = {
  ...released,
  inChannels: 6,
  modelChannels: 192,
  widths: [192, 192, 384, 384, 768, 768],
  resBlocks: 2,
  attentionFactors: [8, 16, 32],
  heads: 4,
  classes: 1000,
} as const satisfies UNetConfig;

export const superRes128To512 = {
  ...released,
  inChannels: 6,
  modelChannels: 192,
  widths: [192, 192, 384, 384, 768, 768],
  resBlocks: 2,
  attentionFactors: [16, 32],
  headChannels: 64,
  classes: 1000,
} as const satisfies UNetConfig;

const releasedClassifier = {
  inChannels: 3,
  outChannels: 1000,
  modelChannels: 128,
  resBlocks: 2,
  resample: "resBlock",
  scaleShiftNorm: true,
  headChannels: 64,
  pool: "attention",
} as const;

export const classifier64 = {
  ...releasedClassifier,
  widths: [128, 256, 384, 512],
  resBlocks: 4,
  attentionFactors: [2, 4, 8],
  imageSize: 64,
} as const satisfies ClassifierConfig;

export const classifier128 = {
  ...releasedClassifier,
  widths: [128, 128, 256, 384, 512],
  attentionFactors: [4, 8, 16],
  imageSize: 128,
} as const satisfies ClassifierConfig;

export const classifier256 = {
  ...releasedClassifier,
  widths: [128, 128, 256, 256, 512, 512],
  attentionFactors: [8, 16, 32],
  imageSize: 256,
} as const satisfies ClassifierConfig;

export const classifier512 = {
  ...releasedClassifier,
  widths: [64, 128, 128, 256, 256, 512, 512],
  attentionFactors: [16, 32, 64],
  imageSize: 512,
} as const satisfies ClassifierConfig;

/**
 * For grey images of 28 × 28. With 32 groups on 32 channels each norm would take the mean of a channel away, and the network
 * could not see how bright an image is: so there are 8.
 */
const small = {
  inChannels: 1,
  modelChannels: 32,
  widths: [32, 32, 64],
  resBlocks: 1,
  attentionFactors: [4],
  resample: "resBlock",
  scaleShiftNorm: true,
  headChannels: 32,
  groups: 8,
} as const;

export const digits = { ...small, outChannels: 2 } as const satisfies UNetConfig;

export const digitsClassifier = {
  ...small,
  outChannels: 10,
  pool: "attention",
  imageSize: 28,
} as const satisfies ClassifierConfig;
