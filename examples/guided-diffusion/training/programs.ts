/** The steps of training as programs to compile: their noise is drawn from a key. */

import { type Dyn, type In, type Tensor, unstack } from "typegrad";
import { type Key, normal, split } from "typegrad/random";
import type { Tables } from "../diffusion/schedule.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import type { TrainState } from "./state.ts";
import {
  type ClassifierExamples,
  type ClassifierTraining,
  type TrainedClassifier,
  trainClassifier,
} from "./train-classifier.ts";
import { type TrainedUNet, trainUNet, type UNetExamples, type UNetTraining } from "./train-unet.ts";

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
