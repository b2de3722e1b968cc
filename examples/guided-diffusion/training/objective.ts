/** What a network is trained to give, and by which loss: named, so that a compiled step and a command line say it alike. */

import { klLoss, type LossType, mseLoss, rescaledKlLoss, rescaledMseLoss } from "../diffusion/losses.ts";
import {
  epsilon,
  fixedLarge,
  fixedSmall,
  learned,
  learnedRange,
  type MeanType,
  type Parameterisation,
  previousX,
  startX,
  type VarianceType,
} from "../diffusion/prediction.ts";

const means = { epsilon, startX, previousX } as const satisfies Record<string, MeanType>;
const variances = { fixedSmall, fixedLarge, learned, learnedRange } as const satisfies Record<string, VarianceType>;
const losses = {
  mse: mseLoss,
  rescaledMse: rescaledMseLoss,
  kl: klLoss,
  rescaledKl: rescaledKlLoss,
} as const satisfies Record<string, LossType>;

export interface Objective {
  readonly mean: keyof typeof means;
  readonly variance: keyof typeof variances;
  readonly loss: keyof typeof losses;
}

/** ADM's: noise, a learned range, and the mean squared error with the bound beside it. */
export const admObjective = { mean: "epsilon", variance: "learnedRange", loss: "mse" } as const satisfies Objective;

export const parameterisationOf = ({ mean, variance }: Omit<Objective, "loss">): Parameterisation => ({
  mean: means[mean],
  variance: variances[variance],
});

export const lossTypeOf = ({ loss }: Pick<Objective, "loss">): LossType => losses[loss];
