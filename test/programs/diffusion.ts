/** Diffusion with the UNet of `goldens/unet-a`, whole: losses, their gradient, single steps and chains. */

import { grad, mean, slice, type Tensor } from "typegrad";
import { type Coefficients, lookUp } from "../../examples/guided-diffusion/diffusion/coefficients.ts";
import { ddimReverseStep, ddimStep } from "../../examples/guided-diffusion/diffusion/ddim.ts";
import { ddpmStep, type Stepped } from "../../examples/guided-diffusion/diffusion/ddpm.ts";
import { bitsPerDimension } from "../../examples/guided-diffusion/diffusion/likelihood.ts";
import {
  klLoss,
  type Losses,
  mseLoss,
  rescaledKlLoss,
  rescaledMseLoss,
  trainingLosses,
} from "../../examples/guided-diffusion/diffusion/losses.ts";
import {
  clip,
  epsilon,
  fixedLarge,
  fixedSmall,
  keep,
  learned,
  learnedRange,
  type Prediction,
  previousX,
  startX,
} from "../../examples/guided-diffusion/diffusion/prediction.ts";
import { predictBy, sample } from "../../examples/guided-diffusion/diffusion/sample.ts";
import type { Tables } from "../../examples/guided-diffusion/diffusion/schedule.ts";
import { type Checkpoint, type UNetConfig, unet } from "./unet.ts";

type Column = Tables<Tensor<[10]>>;
type Numbers = Tables<Tensor<[]>>;
type Shape = [2, 3, 16, 16];
type Images = Tensor<Shape>;
type Batch = Tensor<[4, 3, 16, 16]>;

export const meanTypes = { EPSILON: epsilon, START_X: startX, PREVIOUS_X: previousX };
export const varianceTypes = {
  LEARNED: learned,
  LEARNED_RANGE: learnedRange,
  FIXED_SMALL: fixedSmall,
  FIXED_LARGE: fixedLarge,
};
export const lossTypes = { MSE: mseLoss, RESCALED_MSE: rescaledMseLoss, KL: klLoss, RESCALED_KL: rescaledKlLoss };

/** What is settled before the program runs. */
export interface LossSettings {
  readonly steps: number;
  readonly mean: keyof typeof meanTypes;
  readonly variance: keyof typeof varianceTypes;
  readonly loss: keyof typeof lossTypes;
}

/** The network with the original's numbers of timesteps, which may be fractions: its embedding takes them as they are. */
export const network = <B extends number>(
  config: UNetConfig,
  p: Checkpoint,
  x: Tensor<[B, 3, 16, 16]>,
  t: Tensor<[B]>,
  y: Tensor<[B], "i32">,
): Tensor<[B, 6, 16, 16]> => unet(config, p, x, t as unknown as Tensor<[B], "i32">, y);

export const losses = (
  config: UNetConfig,
  settings: LossSettings,
  p: Checkpoint,
  xStart: Batch,
  table: Tables<Tensor<[1000]>>,
  t: Tensor<[4], "i32">,
  noise: Batch,
  y: Tensor<[4], "i32">,
): Losses<4> => {
  const variance = varianceTypes[settings.variance];
  return trainingLosses(
    (x: Batch, t) => {
      const output = network(config, p, x, t, y);
      return variance.learned ? output : slice(output, 1, 0, 3);
    },
    { mean: meanTypes[settings.mean], variance },
    lossTypes[settings.loss],
    settings.steps,
    xStart,
    lookUp(table, t),
    noise,
  );
};

/** ∇ of the mean of the losses with respect to the parameters. */
export const lossGradient = (
  config: UNetConfig,
  settings: LossSettings,
  p: Checkpoint,
  xStart: Batch,
  table: Tables<Tensor<[1000]>>,
  t: Tensor<[4], "i32">,
  noise: Batch,
  y: Tensor<[4], "i32">,
): Checkpoint => grad((p: Checkpoint) => mean(losses(config, settings, p, xStart, table, t, noise, y).loss))(p);

/** How a chain is made. */
export interface ChainSettings {
  readonly sampler: "ddpm" | "ddim" | "ddim-reverse";
  readonly clip: boolean;
}

const predictAt = (
  config: UNetConfig,
  p: Checkpoint,
  clipped: boolean,
  x: Images,
  c: Coefficients<Shape>,
  y: Tensor<[2], "i32">,
): Prediction<Shape> =>
  predictBy(
    (x: Images, t) => network(config, p, x, t, y),
    { mean: epsilon, variance: learnedRange },
    x,
    c,
    clipped ? clip : keep,
  );

export const step = (
  config: UNetConfig,
  settings: ChainSettings,
  p: Checkpoint,
  x: Images,
  c: Numbers,
  noise: Images,
  y: Tensor<[2], "i32">,
  eta: Tensor<[]>,
): Stepped<Shape> => {
  const prediction = predictAt(config, p, settings.clip, x, c, y);
  if (settings.sampler === "ddpm") return ddpmStep(prediction, c, noise);
  if (settings.sampler === "ddim") return ddimStep(prediction, x, c, eta, noise);
  return ddimReverseStep(prediction, x, c);
};

/** All steps as one loop. */
export const chain = (
  config: UNetConfig,
  settings: ChainSettings,
  p: Checkpoint,
  x: Images,
  table: Column,
  noise: Tensor<[10, 2, 3, 16, 16]>,
  y: Tensor<[2], "i32">,
  eta: Tensor<[]>,
): Images => sample((x: Images, c, noise) => step(config, settings, p, x, c, noise, y, eta), x, table, noise);

/** The terms of the likelihood. */
export const bits = (
  config: UNetConfig,
  p: Checkpoint,
  xStart: Images,
  table: Column,
  noise: Tensor<[10, 2, 3, 16, 16]>,
  y: Tensor<[2], "i32">,
) => bitsPerDimension((x: Images, c) => predictAt(config, p, true, x, c, y), xStart, table, noise);
