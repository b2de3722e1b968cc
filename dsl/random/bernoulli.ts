/** The Bernoulli distribution. */

import type { Mutable } from "../ops/make.ts";
import type { Operand } from "../ops/map.ts";
import { less } from "../ops.ts";
import type { Shape, ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Key } from "./key.ts";
import { uniformFor } from "./uniform.ts";

/**
 * True with probability p, a half by default: a bool tensor, equal to JAX's. p may be a tensor that broadcasts into the
 * shape.
 * Shapes: the key `[2]` → S of bool.
 * @example random.bernoulli(random.key(0), [5], 0.25)
 * @throws ShapeError; RangeError for a number p outside of 0 … 1
 */
export const bernoulli = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.bernoulli", S>,
  p: number | NoInfer<Operand<S, "f32">> = 0.5,
): Tensor<Mutable<S>, "bool"> => {
  if (typeof p === "number" && !(p >= 0 && p <= 1))
    throw new RangeError(`random.bernoulli: p is ${p}, and must be from 0 to 1`);
  // The number that is compared is one of f32, as a tensor's is.
  return less(uniformFor("bernoulli", key, shape, 0, 1), typeof p === "number" ? Math.fround(p) : p);
};
