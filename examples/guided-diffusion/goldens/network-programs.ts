/** What cases compute of a network: functions of a config and of tensors, run directly or compiled. */

import { grad, logSoftmax, mean, mul, neg, oneHot, sum, type Tensor, vjp } from "typegrad";
import { classifier } from "../networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { superRes } from "../networks/super-res.ts";
import { unet } from "../networks/unet.ts";

export type Images = Tensor<[number, number, number, number]>;

export interface UNetInputs {
  readonly params: Parameters;
  readonly x: Images;
  readonly t: Tensor<[number], "i32"> | Tensor<[number]>;
  /** Where the network has classes. */
  readonly y?: Tensor<[number], "i32">;
  /** Where the network is shown a small image. */
  readonly lowRes?: Images;
}

export interface UNetSettings {
  readonly config: UNetConfig;
}

export const unetOutput = (settings: UNetSettings, inputs: UNetInputs): Images => {
  const { params, x, t, y, lowRes } = inputs;
  return lowRes === undefined
    ? unet(settings.config, params, x, t, y)
    : superRes(settings.config, params, x, lowRes, t, y);
};

interface WithCotangent extends UNetInputs {
  readonly cotangent: Images;
}

/** The gradient of Σ output × cotangent to x alone. */
export const unetInputGradient = (settings: UNetSettings, inputs: WithCotangent): Images =>
  grad((x: Images) => sum(mul(unetOutput(settings, { ...inputs, x }), inputs.cotangent)))(inputs.x);

interface Gradients {
  readonly x: Images;
  readonly params: Parameters;
}

/** The same to x and to every parameter. */
export const unetGradients = (settings: UNetSettings, inputs: WithCotangent): Gradients => {
  const [, pullback] = vjp((varied: Gradients) => unetOutput(settings, { ...inputs, ...varied }))({
    x: inputs.x,
    params: inputs.params,
  });
  return pullback(inputs.cotangent);
};

export interface ClassifierInputs {
  readonly params: Parameters;
  readonly x: Images;
  readonly t: Tensor<[number], "i32">;
  readonly y: Tensor<[number], "i32">;
}

export interface ClassifierSettings {
  readonly config: ClassifierConfig;
}

interface Answers {
  readonly logits: Tensor<[number, number]>;
  readonly logSoftmax: Tensor<[number, number]>;
  /** log p(y | x) of each image. */
  readonly ofLabel: Tensor<[number]>;
}

const answersOf = ({ config }: ClassifierSettings, { params, x, t, y }: ClassifierInputs): Answers => {
  const logits = classifier(config, params, x, t) as Tensor<[number, number]>;
  const logs = logSoftmax(logits);
  return { logits, logSoftmax: logs, ofLabel: sum(mul(logs, oneHot(y, config.outChannels)), 1) };
};

export const classifierAnswers = (settings: ClassifierSettings, inputs: ClassifierInputs): Answers =>
  answersOf(settings, inputs);

/** ∇ₓ Σ log p(y | x). */
export const classifierInputGradient = (settings: ClassifierSettings, inputs: ClassifierInputs): Images =>
  grad((x: Images) => sum(answersOf(settings, { ...inputs, x }).ofLabel))(inputs.x);

/** The gradient of the mean cross-entropy to every parameter. */
export const classifierParameterGradients = (settings: ClassifierSettings, inputs: ClassifierInputs): Parameters =>
  grad((params: Parameters) => neg(mean(answersOf(settings, { ...inputs, params }).ofLabel)))(inputs.params);
