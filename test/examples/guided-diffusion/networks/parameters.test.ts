/** Keys and shapes of the released models, by the digests of their lists; and what parameters are before training. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { tensor, treeLeaves } from "../../../../dsl/index.ts";
import * as random from "../../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../../dsl/tensor.ts";
import { classifier } from "../../../../examples/guided-diffusion/networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import * as configs from "../../../../examples/guided-diffusion/networks/configs.ts";
import {
  initClassifier,
  initUNet,
  keyListText,
  type ParameterShapes,
  parameterShapes,
} from "../../../../examples/guided-diffusion/networks/parameters.ts";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";
import { elements } from "../../../support/evaluator-probes.ts";
import { openGolden } from "../../../support/network-golden.ts";

const digest = (shapes: ParameterShapes): string => createHash("sha256").update(keyListText(shapes)).digest("hex");
const sizeOf = (shapes: ParameterShapes): number =>
  Object.values(shapes).reduce((sum, shape) => sum + shape.reduce((size, dim) => size * dim, 1), 0);

/** The small network of the original's documentation here: two levels, attention in the second. */
const example = {
  inChannels: 3,
  outChannels: 6,
  modelChannels: 32,
  widths: [32, 64],
  resBlocks: 1,
  attentionFactors: [2],
  headChannels: 16,
  resample: "resBlock",
  scaleShiftNorm: true,
  classes: 10,
} as const satisfies UNetConfig;
const { classes: _, ...withoutClasses } = example;
const exampleClassifier: ClassifierConfig = { ...withoutClasses, outChannels: 10, imageSize: 32, pool: "attention" };

describe("the parameters of a config", () => {
  test.each<readonly [string, UNetConfig | ClassifierConfig, tensors: number, parameters: number, digest: string]>([
    [
      "64x64_diffusion",
      configs.adm64,
      541,
      295_904_454,
      "30e455e630dd1b910527b8e8201c7f96e1434d9d91e877920536185fdfbba665",
    ],
    [
      "128x128_diffusion",
      configs.adm128,
      493,
      421_529_606,
      "a2c5acd1c560cf9c55e57d0d7cc7a711204189d2ddc99e9ea5ffe82bc02037dc",
    ],
    [
      "256x256_diffusion",
      configs.adm256,
      567,
      553_838_086,
      "50fc8c60de3c607e47f9c63067d3fa8b3c0eb8cc854177191ac6d59ae65108e2",
    ],
    [
      "256x256_diffusion_uncond",
      configs.adm256Unconditional,
      566,
      552_814_086,
      "d7f19f0fc90f0ab2510c9074935c559fddf48fdce7860666c0f5cf3b96179bc8",
    ],
    [
      "lsun_bedroom",
      configs.admLsun,
      566,
      552_814_086,
      "d7f19f0fc90f0ab2510c9074935c559fddf48fdce7860666c0f5cf3b96179bc8",
    ],
    [
      "512x512_diffusion",
      configs.adm512,
      645,
      558_997_638,
      "760c7ac328a59b699f4ea854891d14f0996528873d2ff3b4e7438047ff9b7648",
    ],
    [
      "64_256_upsampler",
      configs.superRes64To256,
      567,
      311_795_910,
      "0986c9170ec98e5b0e31e9a31265ea9b3f872d95370579c7f70a8b4e2f2f44de",
    ],
    [
      "128_512_upsampler",
      configs.superRes128To512,
      537,
      308_835_270,
      "179d8bf184f6f02b08c960c79167292e95d7465909b919c05f4ba6d2c2fe89d1",
    ],
    [
      "64x64_classifier",
      configs.classifier64,
      307,
      65_438_568,
      "72a55ce7f6d28beb4f173c8077c24c4127dff565fe1344f99f4fe6ca3c2cd48c",
    ],
    [
      "128x128_classifier",
      configs.classifier128,
      221,
      42_568_040,
      "dc648cc9adc1de0fc1ea82cfd829fd191cbc22deb94f13262e7c8df5aece62da",
    ],
    [
      "256x256_classifier",
      configs.classifier256,
      249,
      54_096_360,
      "e8060c0104f25a1cb981b0162b1a86975932dac390f9187199c537fa92646d89",
    ],
    [
      "512x512_classifier",
      configs.classifier512,
      281,
      54_448_360,
      "7c5fd7a525145f56a275375c84a7b9606bf50cad7439a911688c42186556cef7",
    ],
    ["an example", example, 145, 829_638, "24914297715e4bee536d54689cfd9751a16087552271f2f9a098cb19e2a446b5"],
    [
      "an example's classifier",
      exampleClassifier,
      77,
      394_122,
      "4bd7f5d1fc33865abc22bd7967d0480010e1ba3369f48f1faf856730db99fe6a",
    ],
  ])("are those of %s, in its order", (_, config, tensors, parameters, wanted) => {
    const shapes = parameterShapes(config);
    expect(Object.keys(shapes).length).toBe(tensors);
    expect(sizeOf(shapes)).toBe(parameters);
    expect(digest(shapes)).toBe(wanted);
  });

  test("are as many as the options say", () => {
    expect(sizeOf(parameterShapes({ ...example, scaleShiftNorm: false }))).toBe(763_590);
    expect(sizeOf(parameterShapes({ ...example, resample: "conv" }))).toBe(758_310);
    expect(sizeOf(parameterShapes(configs.digits))).toBe(983_746);
    expect(sizeOf(parameterShapes(configs.digitsClassifier))).toBe(434_058);
  });

  test.each(["tiny", "unet-a", "unet-b", "unet-c", "superres"])("are those of goldens/%s", async (name) => {
    const { config, description } = await openGolden<UNetConfig>(name);
    expect(Object.entries(parameterShapes(config))).toEqual(description.keys);
  });

  test.each(["attention", "adaptive", "spatial", "spatial_v2"])("are those of goldens/classifier-%s", async (pool) => {
    const { config, description } = await openGolden<ClassifierConfig>(`classifier-${pool}`);
    expect(Object.entries(parameterShapes(config))).toEqual(description.keys);
  });
});

describe("parameters before training", () => {
  const shapesOf = (parameters: Readonly<Record<string, AnyTensor>>): ParameterShapes =>
    Object.fromEntries(Object.entries(parameters).map(([key, { shape }]) => [key, shape]));
  const moments = (x: AnyTensor): { readonly mean: number; readonly deviation: number; readonly largest: number } => {
    const values = Array.from(elements(x));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, deviation: Math.sqrt(square), largest: values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) };
  };

  const parameters = initUNet(example, random.key(1));

  test("are those of the config, in a checkpoint's order", () => {
    expect(Object.entries(shapesOf(parameters))).toEqual(Object.entries(parameterShapes(example)));
  });

  test("are uniform within ±1 / √fan-in, standard normal, one or zero", () => {
    const bound = 1 / Math.sqrt(32 * 9);
    for (const key of ["input_blocks.1.0.in_layers.2.weight", "input_blocks.1.0.in_layers.2.bias"] as const) {
      const { mean, deviation, largest } = moments(parameters[key]);
      expect(largest).toBeLessThanOrEqual(bound);
      expect(Math.abs(mean)).toBeLessThan(0.3 * bound);
      expect(Math.abs(deviation * Math.sqrt(3) - bound)).toBeLessThan(0.3 * bound);
    }
    expect(Math.abs(moments(parameters["label_emb.weight"]).deviation - 1)).toBeLessThan(0.1);
    expect(moments(parameters["out.0.weight"])).toEqual({ mean: 1, deviation: 0, largest: 1 });
    for (const key of ["input_blocks.1.0.out_layers.3", "middle_block.1.proj_out", "out.2"] as const) {
      expect(moments(parameters[`${key}.weight`]).largest).toBe(0);
      expect(moments(parameters[`${key}.bias`]).largest).toBe(0);
    }
  });

  test("differ from layer to layer and from key to key", () => {
    const values = (at: number, key: "middle_block.0" | "middle_block.2") =>
      Array.from(elements(initUNet(example, random.key(at))[`${key}.in_layers.2.bias`]));
    expect(values(1, "middle_block.0")).not.toEqual(values(1, "middle_block.2"));
    expect(values(1, "middle_block.0")).not.toEqual(values(2, "middle_block.0"));
    expect(values(1, "middle_block.0")).toEqual(values(1, "middle_block.0"));
  });

  test("make a UNet that gives exactly 0", () => {
    const x = random.normal(random.key(2), [1, 3, 8, 8]);
    const out = unet(example, parameters, x, tensor([7], "i32"), tensor([3], "i32"));
    expect(moments(out).largest).toBe(0);
  });

  test.each(["attention", "adaptive", "spatial", "spatial_v2"] as const)(
    "make a classifier with the pool %s",
    (pool) => {
      const config: ClassifierConfig = { ...exampleClassifier, imageSize: 8, pool };
      const start = initClassifier(config, random.key(1));
      expect(Object.entries(shapesOf(start))).toEqual(Object.entries(parameterShapes(config)));
      expect(treeLeaves(start).length).toBe(Object.keys(start).length);
      const x = random.normal(random.key(2), [1, 3, 8, 8]);
      const logits = classifier(config, start, x, tensor([7], "i32"));
      expect(moments(logits).largest > 0).toBe(pool !== "adaptive");
    },
  );
});
