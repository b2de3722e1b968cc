/**
 * The forward process q, which adds noise (DDPM, arXiv 2006.11239, section 2), and what it says of the step before.
 *
 * Formulas are for one step, or for a step of its own for each example of a batch: `Coefficients`.
 */

import { map, mul, type Shape, type Tensor } from "typegrad";
import type { Coefficients, Into } from "./coefficients.ts";

/** A normal distribution for each element. */
export interface Gaussian<S extends Shape> {
  readonly mean: Tensor<S>;
  readonly variance: Tensor<S>;
  readonly logVariance: Tensor<S>;
}

/** A number at every place of x. */
export const everywhere = <S extends Shape>(x: Tensor<S>, number: Into<S>): Tensor<S> =>
  map(x, number, (_, number) => number);

/** q(xₜ | x₀), eq. 4: mean √ᾱ x₀, variance 1 − ᾱ. */
export const forward = <S extends Shape>(xStart: Tensor<S>, c: Coefficients<S>): Gaussian<S> => ({
  mean: mul(xStart, c.sqrtAlphaBar),
  variance: everywhere(xStart, c.oneMinusAlphaBar),
  logVariance: everywhere(xStart, c.logOneMinusAlphaBar),
});

/** xₜ = √ᾱ x₀ + √(1 − ᾱ) ε, eq. 4 by standard normal noise ε. */
export const addNoise = <S extends Shape>(xStart: Tensor<S>, noise: Tensor<S>, c: Coefficients<S>): Tensor<S> =>
  map(
    xStart,
    noise,
    c.sqrtAlphaBar,
    c.sqrtOneMinusAlphaBar,
    (xStart, noise, signal, sigma) => signal * xStart + sigma * noise,
  );

/** The mean of q(xₜ₋₁ | xₜ, x₀), eq. 7: √ᾱₜ₋₁ β / (1 − ᾱ) x₀ + √α (1 − ᾱₜ₋₁) / (1 − ᾱ) xₜ. */
export const posteriorMean = <S extends Shape>(xStart: Tensor<S>, x: Tensor<S>, c: Coefficients<S>): Tensor<S> =>
  map(xStart, x, c.posteriorMeanXStart, c.posteriorMeanX, (xStart, x, a, b) => a * xStart + b * x);

/** q(xₜ₋₁ | xₜ, x₀), eq. 6 and 7. The variance at step 0 is 0, the logarithm there that of step 1. */
export const posterior = <S extends Shape>(xStart: Tensor<S>, x: Tensor<S>, c: Coefficients<S>): Gaussian<S> => ({
  mean: posteriorMean(xStart, x, c),
  variance: everywhere(x, c.posteriorVariance),
  logVariance: everywhere(x, c.posteriorLogVariance),
});

/** x₀ = xₜ / √ᾱ − √(1/ᾱ − 1) ε, eq. 4 solved for x₀. */
export const xStartFromEps = <S extends Shape>(x: Tensor<S>, eps: Tensor<S>, c: Coefficients<S>): Tensor<S> =>
  map(x, eps, c.sqrtRecipAlphaBar, c.sqrtRecipAlphaBarMinusOne, (x, eps, a, b) => a * x - b * eps);

/** ε = (xₜ / √ᾱ − x₀) / √(1/ᾱ − 1), eq. 4 solved for ε. */
export const epsFromXStart = <S extends Shape>(x: Tensor<S>, xStart: Tensor<S>, c: Coefficients<S>): Tensor<S> =>
  map(x, xStart, c.sqrtRecipAlphaBar, c.sqrtRecipAlphaBarMinusOne, (x, xStart, a, b) => (a * x - xStart) / b);
