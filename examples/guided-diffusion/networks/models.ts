/**
 * The released networks as functions whose types say everything: for `typegrad check`, `typegrad build … --bind params`, and
 * as a starting point for networks of one's own.
 */

import type { Tensor } from "typegrad";
import { classifier } from "./classifier.ts";
import * as configs from "./configs.ts";
import type { ClassifierParams, UNetParams } from "./parameter-types.ts";
import { superRes } from "./super-res.ts";
import { unet } from "./unet.ts";

/** Images of B, with C channels and S × S pixels. */
type Images<B extends number, C extends number, S extends number> = Tensor<[B, C, S, S]>;
/** Timesteps, or labels. */
type Each<B extends number> = Tensor<[B], "i32">;
type Logits<B extends number> = Tensor<[B, 1000]>;

export const adm64 = <B extends number>(
  params: UNetParams<typeof configs.adm64>,
  x: Images<B, 3, 64>,
  t: Each<B>,
  y: Each<B>,
): Images<B, 6, 64> => unet(configs.adm64, params, x, t, y);

export const adm128 = <B extends number>(
  params: UNetParams<typeof configs.adm128>,
  x: Images<B, 3, 128>,
  t: Each<B>,
  y: Each<B>,
): Images<B, 6, 128> => unet(configs.adm128, params, x, t, y);

export const adm256 = <B extends number>(
  params: UNetParams<typeof configs.adm256>,
  x: Images<B, 3, 256>,
  t: Each<B>,
  y: Each<B>,
): Images<B, 6, 256> => unet(configs.adm256, params, x, t, y);

export const adm256Unconditional = <B extends number>(
  params: UNetParams<typeof configs.adm256Unconditional>,
  x: Images<B, 3, 256>,
  t: Each<B>,
): Images<B, 6, 256> => unet(configs.adm256Unconditional, params, x, t);

export const admLsun = <B extends number>(
  params: UNetParams<typeof configs.admLsun>,
  x: Images<B, 3, 256>,
  t: Each<B>,
): Images<B, 6, 256> => unet(configs.admLsun, params, x, t);

export const adm512 = <B extends number>(
  params: UNetParams<typeof configs.adm512>,
  x: Images<B, 3, 512>,
  t: Each<B>,
  y: Each<B>,
): Images<B, 6, 512> => unet(configs.adm512, params, x, t, y);

export const superRes64To256 = <B extends number>(
  params: UNetParams<typeof configs.superRes64To256>,
  x: Images<B, 3, 256>,
  lowRes: Images<B, 3, 64>,
  t: Each<B>,
  y: Each<B>,
): Images<B, 6, 256> => superRes(configs.superRes64To256, params, x, lowRes, t, y);

export const superRes128To512 = <B extends number>(
  params: UNetParams<typeof configs.superRes128To512>,
  x: Images<B, 3, 512>,
  lowRes: Images<B, 3, 128>,
  t: Each<B>,
  y: Each<B>,
): Images<B, 6, 512> => superRes(configs.superRes128To512, params, x, lowRes, t, y);

export const classifier64 = <B extends number>(
  params: ClassifierParams<typeof configs.classifier64>,
  x: Images<B, 3, 64>,
  t: Each<B>,
): Logits<B> => classifier(configs.classifier64, params, x, t);

export const classifier128 = <B extends number>(
  params: ClassifierParams<typeof configs.classifier128>,
  x: Images<B, 3, 128>,
  t: Each<B>,
): Logits<B> => classifier(configs.classifier128, params, x, t);

export const classifier256 = <B extends number>(
  params: ClassifierParams<typeof configs.classifier256>,
  x: Images<B, 3, 256>,
  t: Each<B>,
): Logits<B> => classifier(configs.classifier256, params, x, t);

export const classifier512 = <B extends number>(
  params: ClassifierParams<typeof configs.classifier512>,
  x: Images<B, 3, 512>,
  t: Each<B>,
): Logits<B> => classifier(configs.classifier512, params, x, t);

export const digits = <B extends number>(
  params: UNetParams<typeof configs.digits>,
  x: Images<B, 1, 28>,
  t: Each<B>,
): Images<B, 2, 28> => unet(configs.digits, params, x, t);

export const digitsClassifier = <B extends number>(
  params: ClassifierParams<typeof configs.digitsClassifier>,
  x: Images<B, 1, 28>,
  t: Each<B>,
): Tensor<[B, 10]> => classifier(configs.digitsClassifier, params, x, t);
