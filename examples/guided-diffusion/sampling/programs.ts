/**
 * What is compiled to sample and to measure: pure functions of one step, each whole. Numbers of the step, scale and η are
 * arguments, so one program serves every schedule; networks and what their outputs mean are known when it is compiled.
 */

import { type Dyn, stack, type Tensor, unstack } from "typegrad";
import * as random from "typegrad/random";
import { perExample } from "../diffusion/coefficients.ts";
import { ddimStep } from "../diffusion/ddim.ts";
import { ddpmStep } from "../diffusion/ddpm.ts";
import { classifierGradient, guideMean, guideScore } from "../diffusion/guidance.ts";
import { likelihoodTerms, priorTerm } from "../diffusion/likelihood.ts";
import { clip, keep, predict } from "../diffusion/prediction.ts";
import type { Tables } from "../diffusion/schedule.ts";
import { classifier } from "../networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { superRes } from "../networks/super-res.ts";
import { unet } from "../networks/unet.ts";
import { type Objective, parameterisationOf } from "../training/objective.ts";

/** A diffusion network, and what its output means. */
export interface Denoiser {
  readonly config: UNetConfig;
  readonly objective: Omit<Objective, "loss">;
  /** Whether x₀ is kept within [−1, 1]. */
  readonly clip: boolean;
}

/** What sampling is compiled for. */
export interface Sampling extends Denoiser {
  readonly sampler: "ddpm" | "ddim";
  /** The network that guides, where one does. */
  readonly guide?: ClassifierConfig | undefined;
}

type Images<B extends number> = Tensor<[B, Dyn, Dyn, Dyn]>;

/** What a network is told besides the noisy images, or what guides towards it. */
export interface Condition<B extends number> {
  readonly y?: Tensor<[B], "i32">;
  /** In [−1, 1], of any smaller size: for super-resolution. */
  readonly lowRes?: Images<B>;
}

/** How strongly a classifier guides, and how much of DDPM's noise DDIM adds. */
export interface Strength {
  readonly scale: Tensor<[]>;
  readonly eta: Tensor<[]>;
}

/** The network as a function of x and t. Labels go to networks with classes alone. */
const modelOf =
  <B extends number>(config: UNetConfig, params: Parameters, { y, lowRes }: Condition<B>) =>
  (x: Images<B>, t: Tensor<[B]>): Images<B> => {
    const told = config.classes === undefined ? undefined : y;
    return lowRes === undefined ? unet(config, params, x, t, told) : superRes(config, params, x, lowRes, t, told);
  };

/** Noise for each image of a batch from a key of its own, so that an image is the same in every batch. */
const noiseOf = <B extends number>(keys: Tensor<[B, 2], "u32">, step: Tensor<[], "i32">, x: Images<B>): Images<B> => {
  const [, ...image] = x.shape;
  const noises = unstack(keys).map((key) => random.normal(random.foldIn(key, step), image));
  return stack(noises) as unknown as Images<B>;
};

/** xₜ₋₁ of a batch. `keys` are those of the images, and `step` the number that their noise is drawn for. */
export const sampleStep = <B extends number>(
  sampling: Sampling,
  params: Parameters,
  guide: Parameters | undefined,
  x: Images<B>,
  condition: Condition<B>,
  c: Tables<Tensor<[]>>,
  keys: Tensor<[B, 2], "u32">,
  step: Tensor<[], "i32">,
  strength: Strength,
): Images<B> => {
  const batch: B = x.shape[0];
  const t = perExample(c.t, batch);
  const output = modelOf(sampling.config, params, condition)(x, t);
  const process = sampling.clip ? clip : keep;
  const prediction = predict(parameterisationOf(sampling.objective), output, x, c, process);
  const noise = noiseOf(keys, step, x);
  const { guide: config, sampler } = sampling;
  const { y } = condition;
  const g =
    config === undefined || guide === undefined || y === undefined
      ? undefined
      : classifierGradient((x: Images<B>, t) => classifier(config, guide, x, t), x, t, y);
  if (sampler === "ddpm") {
    return ddpmStep(g === undefined ? prediction : guideMean(prediction, g, strength.scale), c, noise).x;
  }
  const guided = g === undefined ? prediction : guideScore(prediction, x, c, g, strength.scale);
  return ddimStep(guided, x, c, strength.eta, noise).x;
};

/** What one step says of a batch, in bits a dimension, with noise of each image's own key. */
export const likelihoodStep = <B extends number>(
  denoiser: Denoiser,
  params: Parameters,
  xStart: Images<B>,
  condition: Condition<B>,
  c: Tables<Tensor<[]>>,
  keys: Tensor<[B, 2], "u32">,
  step: Tensor<[], "i32">,
) => {
  const batch: B = xStart.shape[0];
  const model = modelOf(denoiser.config, params, condition);
  const process = denoiser.clip ? clip : keep;
  const parameterisation = parameterisationOf(denoiser.objective);
  return likelihoodTerms(
    (x: Images<B>, c) => predict(parameterisation, model(x, perExample(c.t, batch)), x, c, process),
    xStart,
    c,
    noiseOf(keys, step, xStart),
  );
};

/** What the last step leaves of a batch beside pure noise, in bits a dimension. */
export const priorBits = <B extends number>(xStart: Images<B>, c: Tables<Tensor<[]>>): Tensor<[B]> =>
  priorTerm(xStart, c);
