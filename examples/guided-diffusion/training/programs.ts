/** What training compiles: its steps, and what is measured of images that it does not see. Noise is drawn from a key. */

import { argmax, cast, type Dyn, equal, type In, type Tensor, unstack } from "typegrad";
import { type Key, normal, split } from "typegrad/random";
import type { Losses } from "../diffusion/losses.ts";
import type { Tables } from "../diffusion/schedule.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import type { TrainState } from "./state.ts";
import {
  type ClassifierExamples,
  type ClassifierTraining,
  classifierAnswers,
  type TrainedClassifier,
  trainClassifier,
} from "./train-classifier.ts";
import { type TrainedUNet, trainUNet, type UNetExamples, type UNetTraining, unetLosses } from "./train-unet.ts";

export const unetStep = <B extends number>(
  training: UNetTraining,
  state: TrainState<Parameters>,
  examples: Omit<UNetExamples<B>, "noise">,
  key: Key,
  table: Tables<Tensor<[Dyn]>>,
  rate: In<[], "f32">,
): TrainedUNet<B> => {
  const shape = examples.xStart.shape;
  if (!training.config.dropout)
    return trainUNet(training, state, { ...examples, noise: normal(key, shape) }, table, rate);
  const [noiseKey, dropoutKey] = unstack(split(key));
  return trainUNet(training, state, { ...examples, noise: normal(noiseKey, shape) }, table, rate, dropoutKey);
};

export const classifierStep = <B extends number>(
  training: ClassifierTraining,
  state: TrainState<Parameters>,
  examples: Omit<ClassifierExamples<B>, "noise">,
  key: Key,
  table: Tables<Tensor<[Dyn]>>,
  rate: In<[], "f32">,
): TrainedClassifier<B> =>
  trainClassifier(training, state, { ...examples, noise: normal(key, examples.xStart.shape) }, table, rate);

/** The losses of a UNet for each image. */
export const unetMeasures = <B extends number>(
  training: UNetTraining,
  params: Parameters,
  examples: Omit<UNetExamples<B>, "noise" | "importance">,
  key: Key,
  table: Tables<Tensor<[Dyn]>>,
): Losses<B> => unetLosses(training, params, { ...examples, noise: normal(key, examples.xStart.shape) }, table);

/** For each image the cross-entropy, and 1 where the likeliest class is its own. */
export const classifierMeasures = <B extends number>(
  training: ClassifierTraining,
  params: Parameters,
  examples: Omit<ClassifierExamples<B>, "noise">,
  key: Key,
  table: Tables<Tensor<[Dyn]>>,
): { readonly loss: Tensor<[B]>; readonly accuracy: Tensor<[B]> } => {
  const noise = normal(key, examples.xStart.shape);
  const { logits, loss } = classifierAnswers(training.config, params, { ...examples, noise }, table);
  return { loss, accuracy: cast(equal(argmax(logits, 1), examples.y), "f32") };
};
