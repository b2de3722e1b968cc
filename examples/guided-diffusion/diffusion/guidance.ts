/** Guidance: functions on a prediction (classifiers), or on a model (without one). The scale is a tensor, and varies when the program runs. */

import {
  concat,
  type Dyn,
  grad,
  logSoftmax,
  map,
  mul,
  oneHot,
  type Shape,
  slice,
  split,
  sum,
  type Tensor,
} from "typegrad";
import type { Coefficients } from "./coefficients.ts";
import { epsFromXStart, posteriorMean, xStartFromEps } from "./forward.ts";
import type { Image, Prediction } from "./prediction.ts";

/**
 * Classifier guidance of the mean (ADM, arXiv 2105.05233, algorithm 1): μ + s Σ ∇ₓ log p(y | xₜ), the gradient `g` taken at
 * xₜ, as the original does.
 */
export const guideMean = <S extends Shape>(
  prediction: Prediction<S>,
  g: Tensor<S>,
  scale: Tensor<[]>,
): Prediction<S> => ({
  ...prediction,
  mean: map(prediction.mean, prediction.variance, g, scale, (mean, variance, g, s) => mean + s * variance * g),
});

/**
 * Classifier guidance of the score (ADM, algorithm 2): ε − s √(1 − ᾱ) ∇ₓ log p(y | xₜ), by the ε behind x₀. x₀ is not clipped
 * again.
 */
export const guideScore = <S extends Shape>(
  prediction: Prediction<S>,
  x: Tensor<S>,
  c: Coefficients<S>,
  g: Tensor<S>,
  scale: Tensor<[]>,
): Prediction<S> => {
  const eps = map(
    epsFromXStart(x, prediction.xStart, c),
    g,
    c.sqrtOneMinusAlphaBar,
    scale,
    (eps, g, sigma, s) => eps - s * sigma * g,
  );
  const xStart = xStartFromEps(x, eps, c);
  return { ...prediction, xStart, mean: posteriorMean(xStart, x, c) };
};

/** A noisy classifier: images and timesteps to logits. */
export type Classifier<B extends number, C extends number, H extends number, W extends number, K extends number> = (
  x: Image<B, C, H, W>,
  t: Tensor<[B]>,
) => Tensor<[B, K]>;

/** Σ log p(y | xₜ) over the batch. */
const logProb = <B extends number, K extends number>(logits: Tensor<[B, K]>, y: Tensor<[B], "i32">): Tensor<[]> =>
  sum(mul(logSoftmax(logits), oneHot(y, logits.shape[1])));

/**
 * ∇ₓ log p(y | xₜ) for each image. The sum over the batch has the gradients of its terms, since a classifier sees each image
 * alone.
 */
export const classifierGradient = <
  B extends number,
  C extends number,
  H extends number,
  W extends number,
  K extends number,
>(
  classifier: Classifier<B, C, H, W, K>,
  x: Image<B, C, H, W>,
  t: Tensor<[B]>,
  y: Tensor<[B], "i32">,
): Image<B, C, H, W> => grad((x: Image<B, C, H, W>) => logProb(classifier(x, t), y))(x);

/** A network that is told a class for each image. */
export type LabelledModel = <B extends number, C extends number, H extends number, W extends number>(
  x: Image<B, C, H, W>,
  t: Tensor<[B]>,
  y: Tensor<[B], "i32">,
) => Tensor<[B, Dyn, H, W]>;

/** (1 + s) conditional − s unconditional in the channels of the mean; the others are those of the conditional output. */
const extrapolate = <B extends number, H extends number, W extends number>(
  conditional: Tensor<[B, Dyn, H, W]>,
  unconditional: Tensor<[B, Dyn, H, W]>,
  channels: number,
  scale: Tensor<[]>,
): Tensor<[B, Dyn, H, W]> => {
  const guided = map(
    slice(conditional, 1, 0, channels),
    slice(unconditional, 1, 0, channels),
    scale,
    (conditional, unconditional, s) => (1 + s) * conditional - s * unconditional,
  );
  return concat([guided, slice(conditional, 1, channels)], 1);
};

/**
 * Guidance without a classifier (Ho and Salimans, arXiv 2207.12598, eq. 6), by a network that was trained with a class for
 * "none" among the others: (1 + s) ε(x, y) − s ε(x, none). Scale 0 is no guidance.
 *
 * x₀ and the mean depend on an output linearly, so the formula is the same whichever of them it predicts.
 */
export const guideFree =
  (model: LabelledModel, none: number, scale: Tensor<[]>): LabelledModel =>
  (x, t, y) =>
    extrapolate(
      model(x, t, y),
      model(
        x,
        t,
        map(y, () => none),
      ),
      x.shape[1],
      scale,
    );

/** The same by one evaluation of a batch twice as long. */
export const guideFreeDoubled =
  (model: LabelledModel, none: number, scale: Tensor<[]>): LabelledModel =>
  (x, t, y) => {
    const [batch, channels] = x.shape;
    const both = model(concat([x, x], 0), concat([t, t], 0), concat([y, map(y, () => none)], 0));
    const [conditional, unconditional] = split(both, [batch, batch]);
    return extrapolate(conditional, unconditional, channels, scale);
  };
