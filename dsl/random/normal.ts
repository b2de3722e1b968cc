/** The normal distribution, whole or between two bounds, by the inverse of its cumulative distribution function. */

import type { Mutable } from "../ops/make.ts";
import { map } from "../ops.ts";
import { bitsToF32, erf, f32ToBits } from "../scalar/index.ts";
import type { Shape, ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { aboveMinusOne, erfInvSingle } from "./erf-inv.ts";
import type { Key } from "./key.ts";
import { uniformFor } from "./uniform.ts";

const root2 = Math.fround(Math.SQRT2);

/**
 * Standard normal numbers: mean 0, variance 1. √2 erf⁻¹(u) for u uniform in (−1, 1), by JAX's formulas, within 2 ulp of
 * its results; each step is rounded to f32, so that they are the same numbers where floats are kept in f64.
 * Shapes: the key `[2]` → S.
 * @example random.normal(random.key(0), [3])
 * @throws ShapeError
 */
export const normal = <const S extends Shape>(key: Key, shape: S & ShapeFit<"random.normal", S>): Tensor<Mutable<S>> =>
  map(uniformFor("normal", key, shape, aboveMinusOne, 1), (u) => Math.fround(root2 * erfInvSingle(u)));

export interface TruncatedNormalOptions {
  /** All numbers lie above it; −2 by default. */
  readonly low?: number;
  /** All numbers lie below it; 2 by default. */
  readonly high?: number;
}

/** The next f32 number above x. */
const above = (x: number): number => (x === 0 ? 2 ** -149 : bitsToF32(f32ToBits(x) + (x > 0 ? 1 : -1)));

/**
 * Standard normal numbers of those between two bounds: √2 erf⁻¹(u) for u uniform between erf(low/√2) and erf(high/√2), by
 * JAX's formulas and as near to it as `normal`. What lies beyond ±5.4 is not told apart.
 * Shapes: the key `[2]` → S.
 * @example random.truncatedNormal(random.key(0), [3], { low: 0, high: 1 })
 * @throws ShapeError; RangeError for bounds in the wrong order
 */
export const truncatedNormal = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.truncatedNormal", S>,
  { low = -2, high = 2 }: TruncatedNormalOptions = {},
): Tensor<Mutable<S>> => {
  const [least, most] = [Math.fround(low), Math.fround(high)];
  if (!(least < most)) {
    throw new RangeError(`random.truncatedNormal: from ${low} to ${high}, and the first must be the smaller in f32`);
  }
  const share = (bound: number): number => Math.fround(erf(Math.fround(bound / root2)));
  const [first, last] = [above(least), -above(-most)];
  return map(uniformFor("truncatedNormal", key, shape, share(least), share(most)), (u) => {
    const inside = Math.min(Math.max(u, aboveMinusOne), -aboveMinusOne);
    return Math.min(Math.max(Math.fround(root2 * erfInvSingle(inside)), first), last);
  });
};
