/** What a network costs, counted from its shapes before it is run: additions and multiplications of its contractions. */

import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { type Layer, trunkPlan, unetPlan } from "../networks/plan.ts";

/** A layer's cost for one image, and the places that it leaves. */
const layerFlops = (layer: Layer, before: number): readonly [flops: number, places: number] => {
  switch (layer.kind) {
    case "convolution":
      return [18 * layer.from * layer.to * before, before];
    case "resBlock": {
      const { from, to, resample } = layer;
      const places = resized(before, resample);
      return [(18 * to * (from + to) + (from === to ? 0 : 2 * from * to)) * places, places];
    }
    case "attention": {
      const { channels } = layer;
      return [(8 * channels * channels + 4 * channels * before) * before, before];
    }
    case "resampling": {
      const places = resized(before, layer.direction);
      return [layer.convolution ? 18 * layer.channels ** 2 * places : 0, places];
    }
  }
};

const resized = (places: number, direction: "down" | "up" | undefined): number =>
  direction === "down" ? places / 4 : direction === "up" ? places * 4 : places;

/** Of one evaluation on x. Embeddings and heads, a part in a thousand, are left out. */
export const forwardFlops = (config: UNetConfig | ClassifierConfig, x: readonly number[]): number => {
  const [batch = 1, , height = 1, width = 1] = x;
  const { input, middle } = trunkPlan(config);
  const output = "pool" in config ? [] : unetPlan(config).output;
  let [flops, places] = [0, height * width];
  for (const layer of [...input, middle, ...output].flatMap(({ layers }) => layers)) {
    const [cost, left] = layerFlops(layer, places);
    flops += cost;
    places = left;
  }
  const last = "pool" in config ? 0 : 18 * (config.widths[0] as number) * config.outChannels * places;
  return batch * (flops + last);
};

/** Forward and back: gradients to the input cost once more what the output does, those to the parameters twice more. */
export const gradientFlops = (forward: number, toParameters: boolean): number => (toParameters ? 3 : 2) * forward;
