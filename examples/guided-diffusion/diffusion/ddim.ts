/** The steps of DDIM (arXiv 2010.02502). Both derive ε from x₀ as it was clipped and guided. */

import { map, type Shape, type Tensor } from "typegrad";
import type { Coefficients } from "./coefficients.ts";
import type { Stepped } from "./ddpm.ts";
import { epsFromXStart } from "./forward.ts";
import type { Prediction } from "./prediction.ts";

/**
 * Eq. 12: xₜ₋₁ = √ᾱₜ₋₁ x₀ + √(1 − ᾱₜ₋₁ − σ²) ε + σ z, with σ = η √β̃ (eq. 16).
 *
 * η = 0 leaves the noise z aside; with η = 1 the step has mean and variance of q(xₜ₋₁ | xₜ, x₀).
 */
export const ddimStep = <S extends Shape>(
  { xStart }: Pick<Prediction<S>, "xStart">,
  x: Tensor<S>,
  c: Coefficients<S>,
  eta: Tensor<[]>,
  noise: Tensor<S>,
): Stepped<S> => ({
  x: map(
    xStart,
    epsFromXStart(x, xStart, c),
    noise,
    c.sqrtAlphaBarPrev,
    c.oneMinusAlphaBarPrev,
    c.posteriorVariance,
    eta,
    (xStart, eps, noise, signal, before, beta, eta) =>
      // η² β̃ as it is: the square of a rounded σ can exceed 1 − ᾱₜ₋₁, which has no root then.
      signal * xStart + Math.sqrt(before - eta * eta * beta) * eps + eta * Math.sqrt(beta) * noise,
  ),
  xStart,
});

/** Eq. 14 by Euler's step, from xₜ up to xₜ₊₁: √ᾱₜ₊₁ x₀ + √(1 − ᾱₜ₊₁) ε. From the last step it gives ε. */
export const ddimReverseStep = <S extends Shape>(
  { xStart }: Pick<Prediction<S>, "xStart">,
  x: Tensor<S>,
  c: Coefficients<S>,
): Stepped<S> => ({
  x: map(
    xStart,
    epsFromXStart(x, xStart, c),
    c.sqrtAlphaBarNext,
    c.sqrtOneMinusAlphaBarNext,
    (xStart, eps, signal, sigma) => signal * xStart + sigma * eps,
  ),
  xStart,
});
