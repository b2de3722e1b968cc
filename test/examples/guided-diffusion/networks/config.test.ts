/** What a config may not be, and what a network does not take: messages that name the option and the repair. */

import { describe, expect, test } from "vitest";
import { tensor, zeros } from "../../../../dsl/index.ts";
import * as random from "../../../../dsl/random/index.ts";
import { classifier } from "../../../../examples/guided-diffusion/networks/classifier.ts";
import {
  type ClassifierConfig,
  checkConfig,
  type UNetConfig,
} from "../../../../examples/guided-diffusion/networks/config.ts";
import type { Parameters } from "../../../../examples/guided-diffusion/networks/parameter-types.ts";
import { initClassifier, initUNet } from "../../../../examples/guided-diffusion/networks/parameters.ts";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";

const config: UNetConfig = {
  inChannels: 3,
  outChannels: 3,
  modelChannels: 8,
  widths: [8, 16],
  resBlocks: 1,
  attentionFactors: [2],
  groups: 4,
};
const withClasses: UNetConfig = { ...config, classes: 5 };
const wider: UNetConfig = { ...config, widths: [8, 32] };
const images: ClassifierConfig = { ...config, headChannels: 8, pool: "attention", imageSize: 8 };

describe("a config is refused", () => {
  test.each<readonly [string, Partial<UNetConfig>, string]>([
    ["without levels", { widths: [] }, "widths is empty"],
    ["with part of a block", { resBlocks: 0.5 }, "resBlocks is 0.5, and must be a whole number from 1 up"],
    [
      "with widths that groups do not divide",
      { widths: [8, 18] },
      "level 1 has 18 channels (widths), which its group norms cannot part into 4 groups; take widths that 4 divides, or other groups",
    ],
    [
      "with heads that do not divide a level",
      { heads: 3 },
      "level 1 has 16 channels (widths), which 3 heads (heads) do not divide",
    ],
    ["with heads on the way up that do not", { headsUp: 5 }, "which 5 heads (headsUp) do not divide"],
    [
      "with heads of a size that does not",
      { headChannels: 12 },
      "level 1 has 16 channels (widths), which are no whole number of heads of 12 channels (headChannels); take a divisor of 16, or heads",
    ],
    ["with all features dropped", { dropout: 1 }, "dropout is 1, and must lie from 0 up to below 1"],
  ])("%s", (_, change, text) => {
    expect(() => checkConfig({ ...config, ...change })).toThrow(text);
  });

  test("with an attention pool and no size of heads", () => {
    const { headChannels: _, ...without } = images;
    expect(() => checkConfig(without)).toThrow('the pool "attention" needs headChannels');
  });
});

describe("a network refuses", () => {
  const parameters: Parameters = initUNet(config, random.key(0));
  const labelled: Parameters = initUNet(withClasses, random.key(0));
  const x = zeros([2, 3, 8, 8]);
  const t = tensor([1, 2], "i32");
  const y = tensor([0, 1], "i32");
  // Its type is that of a tensor for two images.
  const one = tensor([1], "i32") as unknown as typeof t;

  test.each<readonly [string, () => unknown, string]>([
    [
      "images of other channels",
      () => unet(config, parameters, zeros([2, 1, 8, 8]), t),
      "x is [2, 1, 8, 8], and must be [batch, 3, height, width]: the config's inChannels is 3",
    ],
    [
      "sizes that its levels cannot halve",
      () => unet(config, parameters, zeros([2, 3, 8, 7]), t),
      "x is [2, 3, 8, 7], and its height and width must be divisible by 2: each of the 2 levels (widths) but the first halves them; resize or pad x, or take fewer levels",
    ],
    [
      "too few timesteps",
      () => unet(config, parameters, x, one),
      "t is [1], and must be [2]: a timestep for each image of x [2, 3, 8, 8]",
    ],
    [
      "labels that it is not told",
      () => unet(config, parameters, x, t, y),
      "y was passed to a network that is told no classes",
    ],
    [
      "no labels where it is told some",
      () => unet(withClasses, labelled, x, t),
      "y is missing: the network is told one of 5 classes (classes); pass y, i32[2]",
    ],
    [
      "too few labels",
      () => unet(withClasses, labelled, x, t, one),
      "y is [1], and must be [2]: a label for each image",
    ],
    [
      "parameters without a table of labels",
      () => unet(withClasses, parameters, x, t, y),
      "label_emb.weight is missing, and must be [5, 32]",
    ],
    [
      "parameters of other shapes",
      () => unet(wider, parameters, x, t),
      "input_blocks.3.0.in_layers.2.weight is [16, 8, 3, 3], and must be [32, 8, 3, 3]; the parameters are those of another config",
    ],
    [
      "parameters that it has no place for",
      () => unet(config, labelled, x, t),
      "label_emb.weight has no place in the network; the parameters are those of another config",
    ],
    [
      "images of another size, with an attention pool",
      () => classifier(images, initClassifier(images, random.key(0)), zeros([2, 3, 16, 16]), t),
      "x is [2, 3, 16, 16], and the attention pool takes images of 8 × 8 alone (imageSize); resize x, or take another pool",
    ],
  ])("%s", (_, run, text) => {
    expect(run).toThrow(text);
  });
});
