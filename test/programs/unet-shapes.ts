/** The parameters that `unet` reads, by the checkpoint's key names: shapes alone, so that a network needs no weights to be compiled. */

import type { UNetConfig } from "./unet.ts";

export interface NetworkShape extends UNetConfig {
  readonly classes: number;
  readonly outChannels: number;
}

/** Keys in the order in which the network uses them. */
export const parameterShapes = (config: NetworkShape): Readonly<Record<string, readonly number[]>> => {
  const { modelChannels, widths, blocksPerLevel, attentionFactors, classes, outChannels } = config;
  const embedding = 4 * modelChannels;
  const shapes: Record<string, readonly number[]> = {};
  const layer = (key: string, out: number, ...rest: number[]): void => {
    shapes[`${key}.weight`] = [out, ...rest];
    shapes[`${key}.bias`] = [out];
  };
  const resBlock = (key: string, from: number, to: number): void => {
    layer(`${key}.in_layers.0`, from);
    layer(`${key}.in_layers.2`, to, from, 3, 3);
    layer(`${key}.emb_layers.1`, 2 * to, embedding);
    layer(`${key}.out_layers.0`, to);
    layer(`${key}.out_layers.3`, to, to, 3, 3);
    if (from !== to) layer(`${key}.skip_connection`, to, from, 1, 1);
  };
  const attention = (key: string, channels: number): void => {
    layer(`${key}.norm`, channels);
    layer(`${key}.qkv`, 3 * channels, channels, 1);
    layer(`${key}.proj_out`, channels, channels, 1);
  };
  const hasAttention = (level: number): boolean => attentionFactors.includes(2 ** level);

  layer("time_embed.0", embedding, modelChannels);
  layer("time_embed.2", embedding, embedding);
  shapes["label_emb.weight"] = [classes, embedding];
  layer("input_blocks.0.0", modelChannels, 3, 3, 3);
  let channels = modelChannels;
  const skips = [channels];
  widths.forEach((width, level) => {
    for (let i = 0; i < blocksPerLevel; i++) {
      const block = `input_blocks.${skips.length}`;
      resBlock(`${block}.0`, channels, width);
      channels = width;
      if (hasAttention(level)) attention(`${block}.1`, channels);
      skips.push(channels);
    }
    if (level < widths.length - 1) {
      resBlock(`input_blocks.${skips.length}.0`, channels, channels);
      skips.push(channels);
    }
  });
  resBlock("middle_block.0", channels, channels);
  attention("middle_block.1", channels);
  resBlock("middle_block.2", channels, channels);
  let next = 0;
  for (const level of [...widths.keys()].reverse()) {
    const width = widths[level] as number;
    for (let i = 0; i <= blocksPerLevel; i++) {
      const block = `output_blocks.${next++}`;
      resBlock(`${block}.0`, channels + (skips.pop() as number), width);
      channels = width;
      if (hasAttention(level)) attention(`${block}.1`, channels);
      if (level > 0 && i === blocksPerLevel) resBlock(`${block}.${hasAttention(level) ? 2 : 1}`, channels, channels);
    }
  }
  layer("out.0", channels);
  layer("out.2", outChannels, channels, 3, 3);
  return shapes;
};

/** ADM's network for 64 × 64 ImageNet (arXiv 2105.05233, table 11): 296 M parameters. */
export const adm64: NetworkShape = {
  modelChannels: 192,
  widths: [192, 384, 576, 768],
  blocksPerLevel: 3,
  attentionFactors: [2, 4, 8],
  headChannels: 64,
  classes: 1000,
  outChannels: 6,
};
