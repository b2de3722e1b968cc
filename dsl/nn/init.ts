/** What layers have in common at their start. */

import type { Mutable } from "../ops/make.ts";
import { unstack } from "../ops.ts";
import { type Key, split, uniform } from "../random/index.ts";
import type { Shape, ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Weight and bias, uniform within ±1 / √fanIn, where each output is a sum over fanIn inputs: PyTorch's default, which is
 * Kaiming's bound (arXiv 1502.01852) with a gain of 1 / √3.
 */
export const initAffine = <const S extends Shape, const O extends number>(
  key: Key,
  fanIn: number,
  weight: S & ShapeFit<"random.uniform", S>,
  outputs: O,
): { readonly weight: Tensor<Mutable<S>>; readonly bias: Tensor<[O]> } => {
  const [weightKey, biasKey] = unstack(split(key));
  const bound = 1 / Math.sqrt(fanIn);
  const range = { low: -bound, high: bound };
  return { weight: uniform(weightKey, weight, range), bias: uniform(biasKey, [outputs], range) };
};
