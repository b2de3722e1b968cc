/** In-painting: a sampler's step, with part of the picture given. */

import { map, type Shape, type Tensor } from "typegrad";
import type { Coefficients, Into } from "./coefficients.ts";
import type { Stepped } from "./ddpm.ts";
import type { Step } from "./sample.ts";

/**
 * RePaint, arXiv 2201.09865, eq. 8: where the mask is 1, xₜ₋₁ is the known picture with the noise of that step; where it is 0,
 * it is what the step gave. The mask may be any between.
 *
 * The step's own noise serves the known places too: each place uses it once, there or here.
 */
export const keepKnown = <S extends Shape>(
  { x, xStart }: Stepped<S>,
  known: Tensor<S>,
  mask: Into<S>,
  c: Coefficients<S>,
  noise: Tensor<S>,
): Stepped<S> => ({
  x: map(
    x,
    known,
    noise,
    mask,
    c.sqrtAlphaBarPrev,
    c.sqrtOneMinusAlphaBarPrev,
    (x, known, noise, mask, signal, sigma) => mask * (signal * known + sigma * noise) + (1 - mask) * x,
  ),
  xStart: map(xStart, known, mask, (xStart, known, mask) => mask * known + (1 - mask) * xStart),
});

/** A step that keeps what is known. */
export const inpaint =
  <S extends Shape>(step: Step<S>, known: Tensor<S>, mask: Into<S>): Step<S> =>
  (x, c, noise) =>
    keepKnown(step(x, c, noise), known, mask, c, noise);
