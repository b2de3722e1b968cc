/** The exponential distribution, and Gumbel's, which is one of extremes. */

import type { Dyn } from "../dim.ts";
import type { Mutable } from "../ops/make.ts";
import { map } from "../ops.ts";
import type { Shape, ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Key } from "./key.ts";
import { uniformFor } from "./uniform.ts";

/**
 * Numbers from 0 up with density e⁻ˣ: −ln(1 − u) for u uniform in [0, 1), as JAX's within a few ulp.
 * Shapes: the key `[2]` → S.
 * @example random.exponential(random.key(0), [3])
 * @throws ShapeError
 */
export const exponential = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.exponential", S>,
): Tensor<Mutable<S>> => map(uniformFor("exponential", key, shape, 0, 1), (u) => Math.fround(-Math.log1p(-u)));

/** The least normal number of f32: ln 0 is infinite. */
const least = 2 ** -126;

/** `gumbel` for a function of another name, which messages say. */
export const gumbelFor = (name: string, key: Key, shape: Shape): Tensor<Dyn> =>
  map(uniformFor(name, key, shape, least, 1), (u) => Math.fround(-Math.log(Math.fround(-Math.log(u)))));

/**
 * Gumbel's distribution, that of the largest of many numbers: −ln(−ln u) for u uniform in (0, 1), as JAX's within a few
 * ulp. The place of the largest x + gumbel is random with the probabilities softmax(x).
 * Shapes: the key `[2]` → S.
 * @example random.gumbel(random.key(0), [3])
 * @throws ShapeError
 */
export const gumbel = <const S extends Shape>(key: Key, shape: S & ShapeFit<"random.gumbel", S>): Tensor<Mutable<S>> =>
  gumbelFor("gumbel", key, shape);
