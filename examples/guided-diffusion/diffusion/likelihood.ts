/**
 * How likely images are: the variational bound, term by term, in bits for each dimension (DDPM, arXiv 2006.11239, eq. 5).
 *
 * Formulas keep the original's order of operations, so that f32 agrees with f32.
 */

import { cast, iota, map, mean, mul, permute, reshape, type Shape, sum, type Tensor, zeros } from "typegrad";
import { type Coefficients, perExample, rowOf } from "./coefficients.ts";
import { addNoise, epsFromXStart, forward, type Gaussian, posterior } from "./forward.ts";
import type { Image, Prediction } from "./prediction.ts";
import { foldSteps } from "./sample.ts";
import type { Tables } from "./schedule.ts";

/** The mean over each image. */
export const imageMean = <B extends number, C extends number, H extends number, W extends number>(
  x: Image<B, C, H, W>,
): Tensor<[B]> => mean(x, [1, 2, 3]);

const inBits = <S extends Shape>(nats: Tensor<S>): Tensor<S> => mul(nats, 1 / Math.LN2);

/**
 * KL(p ‖ q) of normal distributions, for each element, in nats:
 * ½ (−1 + log σ_q² − log σ_p² + σ_p² / σ_q² + (μ_p − μ_q)² / σ_q²).
 */
export const normalKl = <S extends Shape>(
  p: Pick<Gaussian<S>, "mean" | "logVariance">,
  q: Pick<Gaussian<S>, "mean" | "logVariance">,
): Tensor<S> =>
  map(
    p.mean,
    p.logVariance,
    q.mean,
    q.logVariance,
    (mean1, log1, mean2, log2) =>
      0.5 * (-1 + log2 - log1 + Math.exp(log1 - log2) + (mean1 - mean2) * (mean1 - mean2) * Math.exp(-log2)),
  );

/** The standard normal distribution function, nearly: ½ (1 + tanh(√(2/π) (x + 0.044715 x³))). */
const normalCdf = (x: number): number => 0.5 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * (x * x * x))));

/** The same on tensors. */
export const approximateNormalCdf = <S extends Shape>(x: Tensor<S>): Tensor<S> => map(x, normalCdf);

/**
 * log p of pixels of 256 values, scaled to [−1, 1], under normal distributions (DDPM, eq. 13): each pixel is the interval of
 * ±1/255 around it, the first and the last one reach to infinity. Probabilities below 1e-12 count as 1e-12.
 */
export const discretisedLogLikelihood = <S extends Shape>(
  x: Tensor<S>,
  { mean, logVariance }: Pick<Gaussian<S>, "mean" | "logVariance">,
): Tensor<S> =>
  map(x, mean, logVariance, (x, mean, logVariance) => {
    const centred = x - mean;
    const inverse = Math.exp(-(0.5 * logVariance));
    const below = normalCdf(inverse * (centred + 1 / 255));
    const above = normalCdf(inverse * (centred - 1 / 255));
    const probability = x < -0.999 ? below : x > 0.999 ? 1 - above : below - above;
    return Math.log(Math.max(probability, 1e-12));
  });

/**
 * One term of the bound for each image, in bits a dimension: KL(q(xₜ₋₁ | xₜ, x₀) ‖ p(xₜ₋₁ | xₜ)); at step 0 it is
 * −log p(x₀ | x₁).
 */
export const boundTerm = <B extends number, C extends number, H extends number, W extends number>(
  prediction: Pick<Gaussian<[B, C, H, W]>, "mean" | "logVariance">,
  xStart: Image<B, C, H, W>,
  x: Image<B, C, H, W>,
  c: Coefficients<[B, C, H, W]>,
): Tensor<[B]> => {
  const divergence = inBits(imageMean(normalKl(posterior(xStart, x, c), prediction)));
  const surprise = inBits(imageMean(map(discretisedLogLikelihood(xStart, prediction), (log) => -log)));
  const [batch] = xStart.shape;
  return map(divergence, surprise, perExample(c.noisy, batch), (divergence, surprise, noisy) =>
    noisy > 0 ? divergence : surprise,
  );
};

/** KL(q(x_T | x₀) ‖ N(0, 1)) for each image, in bits a dimension; `last` are the numbers of the last step. */
export const priorTerm = <B extends number, C extends number, H extends number, W extends number>(
  xStart: Image<B, C, H, W>,
  last: Coefficients<[B, C, H, W]>,
): Tensor<[B]> => {
  const zero: Image<B, C, H, W> = zeros(xStart.shape);
  return inBits(imageMean(normalKl(forward(xStart, last), { mean: zero, logVariance: zero })));
};

/** Terms of images: of one step, or of all. */
export interface Terms<T> {
  /** Of the bound. */
  readonly bound: T;
  /** Squared error of the x₀ that is predicted. */
  readonly xStartMse: T;
  /** Squared error of the noise. */
  readonly mse: T;
}

const squaredError = <B extends number, C extends number, H extends number, W extends number>(
  a: Image<B, C, H, W>,
  b: Image<B, C, H, W>,
): Tensor<[B]> => imageMean(map(a, b, (a, b) => (a - b) * (a - b)));

/** What one step says of images, with given noise in them. */
export const likelihoodTerms = <B extends number, C extends number, H extends number, W extends number>(
  predict: (x: Image<B, C, H, W>, c: Coefficients<[B, C, H, W]>) => Prediction<[B, C, H, W]>,
  xStart: Image<B, C, H, W>,
  c: Coefficients<[B, C, H, W]>,
  noise: Image<B, C, H, W>,
): Terms<Tensor<[B]>> => {
  const x = addNoise(xStart, noise, c);
  const prediction = predict(x, c);
  return {
    bound: boundTerm(prediction, xStart, x, c),
    xStartMse: squaredError(prediction.xStart, xStart),
    mse: squaredError(epsFromXStart(x, prediction.xStart, c), noise),
  };
};

/** The row of a table of terms that a step fills. */
const withRow = <N extends number, B extends number>(
  rows: Tensor<[N, B]>,
  row: Tensor<[B]>,
  i: Tensor<[], "i32">,
): Tensor<[N, B]> => {
  const [steps, batch] = rows.shape;
  const place = reshape(iota(steps, "f32"), [steps, 1]);
  return map(rows, reshape(row, [1, batch]), place, cast(i, "f32"), (old, value, place, i) =>
    place === i ? value : old,
  );
};

export interface BitsPerDimension<B extends number, N extends number> extends Terms<Tensor<[B, N]>> {
  /** Σ of the terms of the bound, and the prior's: at most so many bits a dimension does an image need. */
  readonly total: Tensor<[B]>;
  readonly prior: Tensor<[B]>;
}

/**
 * All terms of the bound for images, with given noise for each step: `table` has all steps, step 0 last (`descending`), and so
 * have the terms.
 */
export const bitsPerDimension = <
  B extends number,
  C extends number,
  H extends number,
  W extends number,
  N extends number,
>(
  predict: (x: Image<B, C, H, W>, c: Coefficients<[B, C, H, W]>) => Prediction<[B, C, H, W]>,
  xStart: Image<B, C, H, W>,
  table: Tables<Tensor<[N]>>,
  noise: Tensor<[N, B, C, H, W]>,
): BitsPerDimension<B, N> => {
  const none = zeros([noise.shape[0], xStart.shape[0]]);
  const init: Terms<Tensor<[N, B]>> = { bound: none, xStartMse: none, mse: none };
  const rows = foldSteps(table, noise, init, (rows, c, noise: Image<B, C, H, W>, i) => {
    const terms = likelihoodTerms(predict, xStart, c, noise);
    return {
      bound: withRow(rows.bound, terms.bound, i),
      xStartMse: withRow(rows.xStartMse, terms.xStartMse, i),
      mse: withRow(rows.mse, terms.mse, i),
    };
  });
  const prior = priorTerm(xStart, rowOf(table, 0));
  return {
    total: map(sum(rows.bound, 0), prior, (bound, prior) => bound + prior),
    prior,
    bound: permute(rows.bound, [1, 0]),
    xStartMse: permute(rows.xStartMse, [1, 0]),
    mse: permute(rows.mse, [1, 0]),
  };
};
