/** The step of DDPM (arXiv 2006.11239, algorithm 2). */

import { map, type Shape, type Tensor } from "typegrad";
import type { Coefficients } from "./coefficients.ts";
import type { Prediction } from "./prediction.ts";

/** What a step gives: xₜ₋₁, and the x₀ that it heads for. */
export interface Stepped<S extends Shape> {
  readonly x: Tensor<S>;
  readonly xStart: Tensor<S>;
}

/** xₜ₋₁ = μ + σ z for standard normal noise z; at step 0 it is μ, whatever z is. */
export const ddpmStep = <S extends Shape>(
  { xStart, mean, logVariance }: Prediction<S>,
  c: Coefficients<S>,
  noise: Tensor<S>,
): Stepped<S> => ({
  x: map(
    mean,
    logVariance,
    noise,
    c.noisy,
    (mean, logVariance, noise, noisy) => mean + noisy * Math.exp(0.5 * logVariance) * noise,
  ),
  xStart,
});
