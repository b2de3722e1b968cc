/**
 * The blocks of a network, as data: what a config describes, layer by layer under the original's key names.
 *
 * The forward pass and the list of parameters both walk this; `parameter-types.ts` says the same to the checker.
 */

import { checkConfig, hasAttention, type TrunkConfig, type UNetConfig } from "./config.ts";

interface Place {
  /** What the keys of its parameters begin with. */
  readonly key: string;
}

export interface Convolution extends Place {
  readonly kind: "convolution";
  readonly from: number;
  readonly to: number;
}

export interface ResBlock extends Place {
  readonly kind: "resBlock";
  readonly from: number;
  readonly to: number;
  readonly resample?: Resampling["direction"];
}

export interface Attention extends Place {
  readonly kind: "attention";
  readonly channels: number;
  readonly heads: number;
}

/** Half the size, or twice; by a convolution of its own where it has one. */
export interface Resampling extends Place {
  readonly kind: "resampling";
  readonly direction: "down" | "up";
  readonly channels: number;
  readonly convolution: boolean;
}

export type Layer = Convolution | ResBlock | Attention | Resampling;

/** Layers that are applied in turn. */
export interface Block {
  readonly layers: readonly Layer[];
  /** Channels of what it gives. */
  readonly channels: number;
}

export interface TrunkPlan {
  /** From the finest level to the coarsest. What each gives is joined to what comes back up. */
  readonly input: readonly Block[];
  readonly middle: Block;
}

export interface UNetPlan extends TrunkPlan {
  /** From the coarsest level to the finest: as many as input blocks. */
  readonly output: readonly Block[];
}

/** The way down and the middle, which UNet and classifier share. */
export const trunkPlan = (config: TrunkConfig): TrunkPlan => {
  checkConfig(config);
  const { widths, resBlocks, inChannels } = config;
  let channels = widths[0] as number;
  const input: Block[] = [
    { layers: [{ kind: "convolution", key: "input_blocks.0.0", from: inChannels, to: channels }], channels },
  ];
  for (const [level, width] of widths.entries()) {
    for (let i = 0; i < resBlocks; i++) {
      const key = `input_blocks.${input.length}`;
      const layers: Layer[] = [{ kind: "resBlock", key: `${key}.0`, from: channels, to: width }];
      channels = width;
      if (hasAttention(config, level)) layers.push(attention(config, `${key}.1`, channels, config.heads));
      input.push({ layers, channels });
    }
    if (level < widths.length - 1) {
      input.push({ layers: [resampling(config, `input_blocks.${input.length}.0`, "down", channels)], channels });
    }
  }
  const middle: Layer[] = [
    { kind: "resBlock", key: "middle_block.0", from: channels, to: channels },
    attention(config, "middle_block.1", channels, config.heads),
    { kind: "resBlock", key: "middle_block.2", from: channels, to: channels },
  ];
  return { input, middle: { layers: middle, channels } };
};

export const unetPlan = (config: UNetConfig): UNetPlan => {
  const { input, middle } = trunkPlan(config);
  const { widths, resBlocks, heads, headsUp } = config;
  const skips = input.map((block) => block.channels);
  let channels = middle.channels;
  const output: Block[] = [];
  for (const [level, width] of [...widths.entries()].reverse()) {
    for (let i = 0; i <= resBlocks; i++) {
      const key = `output_blocks.${output.length}`;
      const from = channels + (skips.pop() as number);
      const layers: Layer[] = [{ kind: "resBlock", key: `${key}.0`, from, to: width }];
      channels = width;
      if (hasAttention(config, level)) layers.push(attention(config, `${key}.1`, channels, headsUp ?? heads));
      if (level > 0 && i === resBlocks) layers.push(resampling(config, `${key}.${layers.length}`, "up", channels));
      output.push({ layers, channels });
    }
  }
  return { input, middle, output };
};

const attention = (config: TrunkConfig, key: string, channels: number, heads = 1): Attention => {
  const { headChannels } = config;
  return { kind: "attention", key, channels, heads: headChannels === undefined ? heads : channels / headChannels };
};

const resampling = (config: TrunkConfig, key: string, direction: "down" | "up", channels: number): Layer => {
  const { resample = "conv" } = config;
  return resample === "resBlock"
    ? { kind: "resBlock", key, from: channels, to: channels, resample: direction }
    : { kind: "resampling", key, direction, channels, convolution: resample === "conv" };
};
