/**
 * What a network's output says of the step before: p(xₜ₋₁ | xₜ), and the x₀ behind it.
 *
 * What the output means is settled here, by a record of functions; steps, guidance and likelihoods read a `Prediction` and
 * ask no more.
 */

import { clamp, type Dyn, exp, map, type Shape, split, type Tensor } from "typegrad";
import type { Coefficients } from "./coefficients.ts";
import { everywhere, type Gaussian, posteriorMean, xStartFromEps } from "./forward.ts";

/** p(xₜ₋₁ | xₜ), and the x₀ that it heads for. */
export interface Prediction<S extends Shape> extends Gaussian<S> {
  readonly xStart: Tensor<S>;
}

/** What the first channels of an output are. */
export interface MeanType {
  /** x₀ by the output. */
  readonly xStart: <S extends Shape>(output: Tensor<S>, x: Tensor<S>, c: Coefficients<S>) => Tensor<S>;
  /** The mean of p(xₜ₋₁ | xₜ), by an x₀ that may have been clipped. */
  readonly mean: <S extends Shape>(output: Tensor<S>, xStart: Tensor<S>, x: Tensor<S>, c: Coefficients<S>) => Tensor<S>;
  /** What the output should be: the target of the mean squared error. */
  readonly target: <S extends Shape>(
    xStart: Tensor<S>,
    x: Tensor<S>,
    noise: Tensor<S>,
    c: Coefficients<S>,
  ) => Tensor<S>;
}

/** The noise ε in xₜ (DDPM, arXiv 2006.11239, eq. 11). */
export const epsilon: MeanType = {
  xStart: (output, x, c) => xStartFromEps(x, output, c),
  mean: (_, xStart, x, c) => posteriorMean(xStart, x, c),
  target: (_, __, noise) => noise,
};

/** x₀ itself. */
export const startX: MeanType = {
  xStart: (output) => output,
  mean: (_, xStart, x, c) => posteriorMean(xStart, x, c),
  target: (xStart) => xStart,
};

/** The mean of xₜ₋₁. x₀ is eq. 7 of DDPM solved for it. */
export const previousX: MeanType = {
  xStart: (output, x, c) =>
    map(output, x, c.posteriorMeanXStart, c.posteriorMeanX, (mean, x, a, b) => (mean - b * x) / a),
  mean: (output) => output,
  target: (xStart, x, _, c) => posteriorMean(xStart, x, c),
};

interface Variance<S extends Shape> {
  readonly variance: Tensor<S>;
  readonly logVariance: Tensor<S>;
}

/** Where the variance of p(xₜ₋₁ | xₜ) comes from. */
export interface VarianceType {
  /** Whether the output has a second half of channels, v, that the variance depends on. */
  readonly learned: boolean;
  /** By v; where it is not learned, v gives the shape alone. */
  readonly variance: <S extends Shape>(v: Tensor<S>, c: Coefficients<S>) => Variance<S>;
}

const byLogarithm = <S extends Shape>(logVariance: Tensor<S>): Variance<S> => ({
  variance: exp(logVariance),
  logVariance,
});

/** β̃, that of q(xₜ₋₁ | xₜ, x₀): right for data of one point (DDPM, section 3.2). */
export const fixedSmall: VarianceType = {
  learned: false,
  variance: (v, c) => ({
    variance: everywhere(v, c.posteriorVariance),
    logVariance: everywhere(v, c.posteriorLogVariance),
  }),
};

/** β: right for data of standard normal noise (DDPM, section 3.2). Step 0 has β̃ of step 1. */
export const fixedLarge: VarianceType = {
  learned: false,
  variance: (v, c) => ({
    variance: everywhere(v, c.largeVariance),
    logVariance: everywhere(v, c.largeLogVariance),
  }),
};

/** The logarithm is v itself. */
export const learned: VarianceType = { learned: true, variance: byLogarithm };

/**
 * Between β̃ and β in logarithms (Improved DDPM, arXiv 2102.09672, eq. 15): exp(f log β + (1 − f) log β̃) with f = (v + 1) / 2.
 * v is taken as it is, also outside of [−1, 1].
 */
export const learnedRange: VarianceType = {
  learned: true,
  variance: (v, c) =>
    byLogarithm(
      map(v, c.logBeta, c.posteriorLogVariance, (v, most, least) => {
        const f = (v + 1) / 2;
        return f * most + (1 - f) * least;
      }),
    ),
};

/** What a network was trained to give. ADM's networks give ε and a learned range. */
export interface Parameterisation {
  readonly mean: MeanType;
  readonly variance: VarianceType;
}

export type Image<B extends number, C extends number, H extends number, W extends number> = Tensor<[B, C, H, W]>;

/** The two halves of an output: what it says of the mean, and v; without learned variance v stands for its shape alone. */
export const outputParts = <B extends number, C extends number, H extends number, W extends number>(
  { learned }: VarianceType,
  output: Tensor<[B, Dyn, H, W]>,
  x: Image<B, C, H, W>,
): { readonly mean: Image<B, C, H, W>; readonly v: Image<B, C, H, W> } => {
  const channels = x.shape[1];
  const wanted = learned ? 2 * channels : channels;
  if (output.shape[1] !== wanted) {
    throw new Error(
      `the network gives ${output.shape[1]} channels for an image of ${channels}, and must give ${wanted}, since its variance is ${learned ? "learned" : "fixed"}`,
    );
  }
  if (!learned) return { mean: output, v: output };
  const [mean, v] = split(output, [channels, channels], 1);
  return { mean, v };
};

/** x₀ within [−1, 1], where images lie. */
export const clip = <S extends Shape>(xStart: Tensor<S>): Tensor<S> => clamp(xStart, -1, 1);

/** x₀ as the network says it. */
export const keep = <S extends Shape>(xStart: Tensor<S>): Tensor<S> => xStart;

/**
 * p(xₜ₋₁ | xₜ) by a network's output. `process` is what is done to x₀ before the mean is made of it: `clip`, `keep`, or a
 * function of the user's, such as `(xStart) => clip(sharpen(xStart))`.
 * @throws Error where the output has not the channels that the parameterisation needs
 */
export const predict = <B extends number, C extends number, H extends number, W extends number>(
  { mean, variance }: Parameterisation,
  output: Tensor<[B, Dyn, H, W]>,
  x: Image<B, C, H, W>,
  c: Coefficients<[B, C, H, W]>,
  process: (xStart: Image<B, C, H, W>) => Image<B, C, H, W> = clip,
): Prediction<[B, C, H, W]> => {
  const parts = outputParts(variance, output, x);
  const xStart = process(mean.xStart(parts.mean, x, c));
  return { xStart, mean: mean.mean(parts.mean, xStart, x, c), ...variance.variance(parts.v, c) };
};
