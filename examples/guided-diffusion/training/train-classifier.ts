/** One step of training a noisy classifier (ADM, section 4.1): cross-entropy of noised images. */

import { type Dyn, full, type In, logSoftmax, mul, neg, oneHot, sum, type Tensor, vjp, zeros } from "typegrad";
import { lookUp, perExample } from "../diffusion/coefficients.ts";
import { addNoise } from "../diffusion/forward.ts";
import type { Tables } from "../diffusion/schedule.ts";
import { classifier } from "../networks/classifier.ts";
import type { ClassifierConfig } from "../networks/config.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { inParts } from "./gradients.ts";
import { type Norms, type TrainState, type UpdateOptions, update } from "./state.ts";

export interface ClassifierTraining extends UpdateOptions {
  readonly config: ClassifierConfig;
  /** Parts that a batch is computed in; 1 by default. */
  readonly microbatches?: number;
}

/** A batch of B images in [−1, 1] with their classes, and the step and noise of each. */
export interface ClassifierExamples<B extends number> {
  readonly xStart: Tensor<[B, Dyn, Dyn, Dyn]>;
  readonly noise: Tensor<[B, Dyn, Dyn, Dyn]>;
  readonly step: Tensor<[B], "i32">;
  readonly y: Tensor<[B], "i32">;
}

interface Answers<B extends number> {
  readonly logits: Tensor<[B, Dyn]>;
  /** −log p(y | xₜ) of each example. */
  readonly loss: Tensor<[B]>;
}

export interface TrainedClassifier<B extends number> extends Norms, Answers<B> {
  readonly state: TrainState<Parameters>;
}

/** Cross-entropy of each image, noised to its step. */
export const classifierAnswers = <B extends number>(
  config: ClassifierConfig,
  params: Parameters,
  { xStart, noise, step, y }: ClassifierExamples<B>,
  table: Tables<Tensor<[Dyn]>>,
): Answers<B> => {
  const c = lookUp(table, step);
  const logits: Tensor<[B, Dyn]> = classifier(
    config,
    params,
    addNoise(xStart, noise, c),
    perExample(c.t, step.shape[0]),
  );
  const classes: Dyn = logits.shape[1];
  return { logits, loss: neg(sum(mul(logSoftmax(logits), oneHot(y, classes)), 1)) };
};

/** A step: the gradient of the mean cross-entropy of the batch, however many parts it is computed in, and AdamW with the rate given. */
export const trainClassifier = <B extends number>(
  training: ClassifierTraining,
  state: TrainState<Parameters>,
  examples: ClassifierExamples<B>,
  table: Tables<Tensor<[Dyn]>>,
  rate: In<[], "f32">,
): TrainedClassifier<B> => {
  const { config, microbatches = 1 } = training;
  const batch: B = examples.xStart.shape[0];
  const { gradients, measured } = inParts(examples, batch, microbatches, (part) => {
    const [answers, pullback] = vjp((params: Parameters) => classifierAnswers(config, params, part, table))(
      state.params,
    );
    const { logits, loss } = answers;
    return {
      gradients: pullback({ logits: zeros(logits.shape), loss: full(loss.shape, 1 / batch) }),
      measured: answers,
    };
  });
  return { ...update(state, gradients, rate, training), ...measured };
};
