/** What cases compute of diffusion: functions of settings and of tensors, run directly or compiled. */

import { type Dyn, grad, mean, slice, type Tensor } from "typegrad";
import { type Coefficients, lookUp, perExample, rowOf } from "../diffusion/coefficients.ts";
import { ddimReverseStep, ddimStep } from "../diffusion/ddim.ts";
import { ddpmStep, type Stepped } from "../diffusion/ddpm.ts";
import { addNoise, forward, type Gaussian, posterior } from "../diffusion/forward.ts";
import { classifierGradient, guideMean, guideScore } from "../diffusion/guidance.ts";
import { bitsPerDimension, priorTerm } from "../diffusion/likelihood.ts";
import type { Losses } from "../diffusion/losses.ts";
import { clip, epsilon, keep, learnedRange, type Prediction } from "../diffusion/prediction.ts";
import { predictBy } from "../diffusion/sample.ts";
import type { Tables } from "../diffusion/schedule.ts";
import { classifier } from "../networks/classifier.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { unet } from "../networks/unet.ts";
import { lossTypeOf, type Objective, parameterisationOf } from "../training/objective.ts";
import type { TrainState } from "../training/state.ts";
import { type TrainedUNet, trainUNet, type UNetExamples, type UNetTraining } from "../training/train-unet.ts";

type Images = Tensor<[number, number, number, number]>;
type Numbers = Tensor<[number]>;
type Labels = Tensor<[number], "i32">;
type Row = Tables<Tensor<[]>>;

export interface ForwardInputs {
  readonly xStart: Images;
  readonly x: Images;
  readonly noise: Images;
  readonly step: Labels;
  readonly table: Tables<Numbers>;
}

interface ForwardResults {
  readonly sample: Images;
  readonly forward: Gaussian<[number, number, number, number]>;
  readonly posterior: Gaussian<[number, number, number, number]>;
  readonly prior: Numbers;
}

/** q(xₜ | x₀), a sample of it, q(xₜ₋₁ | xₜ, x₀), and the term of the prior. */
export const forwardProcess = (settings: { readonly steps: number }, inputs: ForwardInputs): ForwardResults => {
  const c = lookUp(inputs.table, inputs.step);
  return {
    sample: addNoise(inputs.xStart, inputs.noise, c),
    forward: forward(inputs.xStart, c),
    posterior: posterior(inputs.xStart, inputs.x, c),
    prior: priorTerm(inputs.xStart, rowOf(inputs.table, settings.steps - 1)),
  };
};

export interface LossInputs {
  readonly params: Parameters;
  readonly xStart: Images;
  readonly noise: Images;
  readonly step: Labels;
  readonly table: Tables<Numbers>;
  readonly y?: Labels;
}

export interface LossSettings {
  readonly config: UNetConfig;
  readonly steps: number;
  readonly objectives: readonly Objective[];
}

/** The losses of each objective, of one output of the network. A variance that is fixed leaves its second half aside. */
export const lossesOf = (settings: LossSettings, inputs: LossInputs): readonly Losses<number>[] => {
  const { params, xStart, noise, step, table, y } = inputs;
  const c = lookUp(table, step);
  const x = addNoise(xStart, noise, c);
  const output: Tensor<[number, Dyn, number, number]> = unet(
    settings.config,
    params,
    x,
    perExample(c.t, x.shape[0]),
    y,
  );
  return settings.objectives.map((objective) => {
    const parameterisation = parameterisationOf(objective);
    const used = parameterisation.variance.learned ? output : slice(output, 1, 0, x.shape[1]);
    return lossTypeOf(objective)(parameterisation, used, { xStart, noise, x, c }, settings.steps);
  });
};

/** ∇ of the mean of the first objective's loss to every parameter. */
export const lossGradients = (settings: LossSettings, inputs: LossInputs): Parameters =>
  grad((params: Parameters) => mean((lossesOf(settings, { ...inputs, params })[0] as Losses<number>).loss))(
    inputs.params,
  );

export interface TrainInputs {
  readonly state: TrainState<Parameters>;
  readonly examples: UNetExamples<number>;
  readonly table: Tables<Numbers>;
  readonly rate: Tensor<[]>;
}

export const trainStep = (settings: UNetTraining, inputs: TrainInputs): TrainedUNet<number> =>
  trainUNet(settings, inputs.state, inputs.examples, inputs.table, inputs.rate);

export interface StepSettings {
  readonly config: UNetConfig;
  /** Where there is guidance. */
  readonly classifierConfig?: ClassifierConfig;
  readonly sampler: "ddpm" | "ddim" | "reverse";
  readonly clips: boolean;
}

export interface StepInputs {
  readonly params: Parameters;
  readonly classifierParams?: Parameters;
  readonly x: Images;
  readonly c: Row;
  readonly noise: Images;
  readonly y: Labels;
  readonly eta: Tensor<[]>;
  readonly scale: Tensor<[]>;
}

type Four = [number, number, number, number];

const predictionOf = (
  settings: Pick<StepSettings, "config" | "clips">,
  params: Parameters,
  y: Labels,
  x: Images,
  c: Coefficients<Four>,
): Prediction<Four> =>
  predictBy(
    (x: Images, t: Numbers) => unet(settings.config, params, x, t, y) as Tensor<[number, Dyn, number, number]>,
    { mean: epsilon, variance: learnedRange },
    x,
    c,
    settings.clips ? clip : keep,
  );

/** One step of a sampler, guided or not, by a network that gives noise and a learned range. */
export const samplingStep = (settings: StepSettings, inputs: StepInputs): Stepped<Four> => {
  const { sampler, classifierConfig } = settings;
  const { params, classifierParams, x, c, noise, y, eta, scale } = inputs;
  const prediction = predictionOf(settings, params, y, x, c);
  if (sampler === "reverse") return ddimReverseStep(prediction, x, c);
  if (classifierConfig === undefined || classifierParams === undefined)
    return sampler === "ddpm" ? ddpmStep(prediction, c, noise) : ddimStep(prediction, x, c, eta, noise);
  const logits = (x: Images, t: Numbers): Tensor<[number, number]> =>
    classifier(classifierConfig, classifierParams, x, t) as Tensor<[number, number]>;
  const g = classifierGradient(logits, x, perExample(c.t, x.shape[0]), y);
  return sampler === "ddpm"
    ? ddpmStep(guideMean(prediction, g, scale), c, noise)
    : ddimStep(guideScore(prediction, x, c, g, scale), x, c, eta, noise);
};

export interface LikelihoodInputs {
  readonly params: Parameters;
  readonly xStart: Images;
  readonly noise: Tensor<[number, number, number, number, number]>;
  readonly y: Labels;
  /** Step 0 last. */
  readonly table: Tables<Numbers>;
}

export const likelihood = (settings: Pick<StepSettings, "config" | "clips">, inputs: LikelihoodInputs) =>
  bitsPerDimension(
    (x: Images, c: Coefficients<Four>) => predictionOf(settings, inputs.params, inputs.y, x, c),
    inputs.xStart,
    inputs.table,
    inputs.noise,
  );
