/** Diffusion with the UNet of `goldens/unet-a`, whole: losses, their gradient, single steps and chains. */

import { grad, mean, slice, type Tensor } from "typegrad";
import { type Coefficients, lookUp, perExample } from "../../examples/guided-diffusion/diffusion/coefficients.ts";
import { ddimReverseStep, ddimStep } from "../../examples/guided-diffusion/diffusion/ddim.ts";
import { ddpmStep, type Stepped } from "../../examples/guided-diffusion/diffusion/ddpm.ts";
import { classifierGradient, guideMean, guideScore } from "../../examples/guided-diffusion/diffusion/guidance.ts";
import { type BitsPerDimension, bitsPerDimension } from "../../examples/guided-diffusion/diffusion/likelihood.ts";
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
import { classifier } from "../../examples/guided-diffusion/networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import type { Parameters } from "../../examples/guided-diffusion/networks/parameter-types.ts";
import { unet } from "../../examples/guided-diffusion/networks/unet.ts";

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

export const losses = (
  config: UNetConfig,
  settings: LossSettings,
  p: Parameters,
  xStart: Batch,
  table: Tables<Tensor<[1000]>>,
  t: Tensor<[4], "i32">,
  noise: Batch,
  y: Tensor<[4], "i32">,
): Losses<4> => {
  const variance = varianceTypes[settings.variance];
  return trainingLosses(
    (x: Batch, t) => {
      const output = unet(config, p, x, t, y);
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
  p: Parameters,
  xStart: Batch,
  table: Tables<Tensor<[1000]>>,
  t: Tensor<[4], "i32">,
  noise: Batch,
  y: Tensor<[4], "i32">,
): Parameters => grad((p: Parameters) => mean(losses(config, settings, p, xStart, table, t, noise, y).loss))(p);

/** How a chain is made, and what with. */
export interface Chain {
  readonly sampler: "ddpm" | "ddim" | "ddim-reverse";
  readonly clip: boolean;
  readonly guided: boolean;
  readonly network: UNetConfig;
  readonly classifier: ClassifierConfig;
}

export interface Weights {
  readonly network: Parameters;
  readonly classifier: Parameters;
}

/** What stays the same from step to step: the classes, DDIM's η and the scale of guidance. */
export interface Wish {
  readonly y: Tensor<[2], "i32">;
  readonly eta: Tensor<[]>;
  readonly scale: Tensor<[]>;
}

const predictAt = (
  chain: Chain,
  weights: Weights,
  x: Images,
  c: Coefficients<Shape>,
  y: Wish["y"],
): Prediction<Shape> =>
  predictBy(
    (x: Images, t) => unet(chain.network, weights.network, x, t, y),
    { mean: epsilon, variance: learnedRange },
    x,
    c,
    chain.clip ? clip : keep,
  );

export const step = (
  chain: Chain,
  weights: Weights,
  x: Images,
  c: Numbers,
  noise: Images,
  { y, eta, scale }: Wish,
): Stepped<Shape> => {
  const prediction = predictAt(chain, weights, x, c, y);
  const gradient = (): Images =>
    classifierGradient(
      (x: Images, t) => classifier(chain.classifier, weights.classifier, x, t),
      x,
      perExample(c.t, 2),
      y,
    );
  switch (chain.sampler) {
    case "ddpm":
      return ddpmStep(chain.guided ? guideMean(prediction, gradient(), scale) : prediction, c, noise);
    case "ddim":
      return ddimStep(chain.guided ? guideScore(prediction, x, c, gradient(), scale) : prediction, x, c, eta, noise);
    case "ddim-reverse":
      return ddimReverseStep(prediction, x, c);
  }
};

/** All steps as one loop. */
export const wholeChain = (
  chain: Chain,
  weights: Weights,
  x: Images,
  table: Tables<Tensor<[10]>>,
  noise: Tensor<[10, 2, 3, 16, 16]>,
  wish: Wish,
): Images => sample((x: Images, c, noise) => step(chain, weights, x, c, noise, wish), x, table, noise);

/** The terms of the likelihood. */
export const bits = (
  chain: Chain,
  weights: Weights,
  xStart: Images,
  table: Tables<Tensor<[10]>>,
  noise: Tensor<[10, 2, 3, 16, 16]>,
  y: Wish["y"],
): BitsPerDimension<2, 10> =>
  bitsPerDimension((x: Images, c) => predictAt(chain, weights, x, c, y), xStart, table, noise);
