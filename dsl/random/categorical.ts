/** The categorical distribution. */

import type { Dyn } from "../dim.ts";
import { DTypeError } from "../dtype.ts";
import type { AxesFit, Reduced } from "../ops/axes.ts";
import { add, argmax, expand, reshape } from "../ops.ts";
import { checkShape, normalizeAxis, type Shape } from "../shape.ts";
import { describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { gumbelFor } from "./exponential.ts";
import type { Key } from "./key.ts";

interface CategoricalOptions<S extends readonly unknown[], X, N> {
  /** The axis along which the categories lie; the last by default. */
  readonly axis?: X & AxesFit<"random.categorical", S, X>;
  /** The shape of the draws from each distribution; one by default. */
  readonly samples?: N;
}

/**
 * Categories with the probabilities softmax(logits) along an axis: the places of the largest logit + gumbel, equal to JAX's
 * but where two are the largest within a rounding.
 * Shapes: the key `[2]`, S → S without the axis, after the shape `samples`; of i32.
 * @example random.categorical(random.key(0), tensor([0, 1, 2]), { samples: [6] })
 * @throws ShapeError, DTypeError
 */
export const categorical = <const S extends Shape, const X extends number = -1, const N extends Shape = []>(
  key: Key,
  logits: In<S, "f32">,
  { axis, samples }: CategoricalOptions<S, X, N> = {},
): Tensor<[...N, ...Reduced<S, X, false>], "i32"> => {
  if (!isTensor(logits) || logits.dtype !== "f32") {
    const given = isTensor(logits) ? describe(logits) : typeof logits;
    throw new DTypeError(`random.categorical: the logits are ${given}, and must be of f32; cast them`);
  }
  const own: Shape = logits.shape;
  const before = checkShape("random.categorical", samples ?? []);
  const along = before.length + normalizeAxis("random.categorical", own, axis ?? -1);
  const shape = [...before, ...own];
  const repeated = expand(reshape(logits as Tensor<Dyn>, [...before.map(() => 1), ...own]), shape);
  return argmax(add(gumbelFor("categorical", key, shape), repeated), along);
};
