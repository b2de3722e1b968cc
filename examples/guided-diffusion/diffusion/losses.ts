/** Training losses, one number for each image of a batch. */

import { add, type Dyn, map, mul, stopGradient, type Tensor } from "typegrad";
import { type Coefficients, perExample } from "./coefficients.ts";
import { addNoise } from "./forward.ts";
import { boundTerm, imageMean } from "./likelihood.ts";
import { type Image, keep, outputParts, type Parameterisation, predict } from "./prediction.ts";
import type { Model } from "./sample.ts";

/** Images with noise, and how they were made. */
export interface Example<B extends number, C extends number, H extends number, W extends number> {
  readonly xStart: Image<B, C, H, W>;
  readonly noise: Image<B, C, H, W>;
  readonly x: Image<B, C, H, W>;
  readonly c: Coefficients<[B, C, H, W]>;
}

/** The loss, and the parts of it that there are. */
export interface Losses<B extends number> {
  readonly loss: Tensor<[B]>;
  readonly mse?: Tensor<[B]>;
  readonly bound?: Tensor<[B]>;
}

/** What is made small. `steps` is the number of steps of the process. */
export type LossType = <B extends number, C extends number, H extends number, W extends number>(
  parameterisation: Parameterisation,
  output: Tensor<[B, Dyn, H, W]>,
  example: Example<B, C, H, W>,
  steps: number,
) => Losses<B>;

/** The term of the variational bound, weighted. */
const variational =
  (weight: (steps: number) => number): LossType =>
  (parameterisation, output, { xStart, x, c }, steps) => {
    const bound = boundTerm(predict(parameterisation, output, x, c, keep), xStart, x, c);
    return { loss: mul(bound, weight(steps)) };
  };

/**
 * L_simple of DDPM (arXiv 2006.11239, eq. 14); where the variance is learned, with the weighted term of the bound besides
 * (Improved DDPM, arXiv 2102.09672, eq. 16), in which the mean is a constant, so that the bound teaches the variance alone.
 */
const hybrid =
  (weight: (steps: number) => number): LossType =>
  (parameterisation, output, { xStart, noise, x, c }, steps) => {
    const { mean, variance } = parameterisation;
    const parts = outputParts(variance, output, x);
    const target = mean.target(xStart, x, noise, c);
    const mse = imageMean(map(parts.mean, target, (output, target) => (target - output) * (target - output)));
    if (!variance.learned) return { loss: mse, mse };
    const fixed = stopGradient(parts.mean);
    const prediction = {
      mean: mean.mean(fixed, mean.xStart(fixed, x, c), x, c),
      ...variance.variance(parts.v, c),
    };
    const bound = mul(boundTerm(prediction, xStart, x, c), weight(steps));
    return { loss: add(mse, bound), mse, bound };
  };

/** L_simple, and the bound as it is. */
export const mseLoss: LossType = hybrid(() => 1);

/** L_simple + 0.001 L_vlb: one term stands for all `steps`, in thousandths. The same as `mseLoss` for 1000 steps. */
export const rescaledMseLoss: LossType = hybrid((steps) => steps / 1000);

/** The bound alone, mean and variance learned by it. */
export const klLoss: LossType = variational(() => 1);

/** The bound alone, one term standing for all `steps`. */
export const rescaledKlLoss: LossType = variational((steps) => steps);

/** The losses of a network on images `xStart`, each with its own step and noise. */
export const trainingLosses = <B extends number, C extends number, H extends number, W extends number>(
  model: Model<B, C, H, W>,
  parameterisation: Parameterisation,
  lossType: LossType,
  steps: number,
  xStart: Image<B, C, H, W>,
  c: Coefficients<[B, C, H, W]>,
  noise: Image<B, C, H, W>,
): Losses<B> => {
  const x = addNoise(xStart, noise, c);
  return lossType(parameterisation, model(x, perExample(c.t, x.shape[0])), { xStart, noise, x, c }, steps);
};
