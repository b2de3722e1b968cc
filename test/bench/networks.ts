/** The two networks of the benchmark, for images of 32 × 32. */

import type { ClassifierConfig, UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";

const trunk = {
  inChannels: 3,
  modelChannels: 64,
  widths: [64, 128, 192],
  resBlocks: 2,
  attentionFactors: [2, 4],
  resample: "resBlock",
  scaleShiftNorm: true,
  headChannels: 32,
  attentionOrder: "new",
} as const;

/** 12,255,430 parameters. */
export const small: UNetConfig = { ...trunk, outChannels: 6, classes: 10 };

/** The UNet's first half and a pool by attention over 8 × 8 places; 5,096,138 parameters. */
export const smallClassifier: ClassifierConfig = { ...trunk, outChannels: 10, pool: "attention", imageSize: 32 };
