/** The two networks of the benchmark, and the shapes of their parameters. */

import { type NetworkShape, parameterShapes } from "../programs/unet-shapes.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

/** For images of 32 × 32: 12,255,430 parameters. */
export const small: NetworkShape = {
  modelChannels: 64,
  widths: [64, 128, 192],
  blocksPerLevel: 2,
  attentionFactors: [2, 4],
  headChannels: 32,
  classes: 10,
  outChannels: 6,
};

export const unetShapes: Shapes = parameterShapes(small);

/** The classifier: the UNet's first half and a pool by attention over 8 × 8 places; 5,096,138 parameters. */
export const classifierShapes: Shapes = (() => {
  const channels = small.widths.at(-1) as number;
  const kept = Object.entries(unetShapes).filter(([key]) => /^(time_embed|input_blocks|middle_block)\./.test(key));
  return {
    ...Object.fromEntries(kept),
    "out.0.weight": [channels],
    "out.0.bias": [channels],
    "out.2.positional_embedding": [channels, 8 * 8 + 1],
    "out.2.qkv_proj.weight": [3 * channels, channels, 1],
    "out.2.qkv_proj.bias": [3 * channels],
    "out.2.c_proj.weight": [small.classes, channels, 1],
    "out.2.c_proj.bias": [small.classes],
  };
})();
