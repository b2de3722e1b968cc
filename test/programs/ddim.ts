/** The DDIM step, and how its result changes with the prediction: the program that ARCHITECTURE.md walks through. */

import { grad, map, mean, type Tensor } from "typegrad";

type Image = Tensor<[3, 64, 64]>;
type Scalar = Tensor<[]>;

/** One DDIM step, eq. 12 of arXiv 2010.02502, η = 0. */
export const ddimStep = (x: Image, eps: Image, a: Scalar, aPrev: Scalar): Image =>
  map(x, eps, a, aPrev, (x, eps, a, aPrev) => {
    const xStart = (x - Math.sqrt(1 - a) * eps) / Math.sqrt(a);
    return Math.sqrt(aPrev) * xStart + Math.sqrt(1 - aPrev) * eps;
  });

/** The gradient of the mean square of the step's result with respect to the prediction. */
export const sensitivity = (eps: Image, x: Image, a: Scalar, aPrev: Scalar): Image =>
  grad((eps: Image): Scalar => mean(map(ddimStep(x, eps, a, aPrev), (y) => y * y)))(eps);
