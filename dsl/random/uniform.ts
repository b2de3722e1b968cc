/** The uniform distribution. */

import type { Dyn } from "../dim.ts";
import type { Mutable } from "../ops/make.ts";
import { cast, map } from "../ops.ts";
import { fma } from "../scalar/index.ts";
import type { Shape, ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { bitsFor } from "./bits.ts";
import type { Key } from "./key.ts";

export interface UniformOptions {
  /** The least number that is drawn; 0 by default. */
  readonly low?: number;
  /** Above all that is drawn, but for rounding; 1 by default. */
  readonly high?: number;
}

/** `uniform` for a function of another name, which messages say. */
export const uniformFor = (name: string, key: Key, shape: Shape, low: number, high: number): Tensor<Dyn> => {
  if (!(Number.isFinite(Math.fround(low)) && Number.isFinite(Math.fround(high)) && low <= high)) {
    throw new RangeError(`random.${name}: from ${low} to ${high}, and must be two f32 numbers, the first the smaller`);
  }
  const least = Math.fround(low);
  const width = Math.fround(Math.fround(high) - least);
  // The upper 23 bits are the mantissa of a number from 1 up to 2, less 1: whole multiples of 2⁻²³.
  const steps = cast(
    map(bitsFor(name, key, shape), (bits) => bits >>> 9),
    "f32",
  );
  // Fused, as XLA compiles it: so the last bits agree.
  return map(steps, (step) => Math.max(least, Math.fround(fma(step * 2 ** -23, width, least))));
};

/**
 * Numbers from `low` up to `high`, each as likely: 2²³ of them, evenly spaced. Equal to JAX's bit for bit; each step is
 * rounded to f32, so that they are the same numbers where floats are kept in f64. With bounds, a device without a fused product
 * and sum may differ in the last bit.
 * Shapes: the key `[2]` → S.
 * @example random.uniform(random.key(0), [3], { low: 2, high: 4 })
 * @throws ShapeError; RangeError for bounds that are infinite in f32 or in the wrong order
 */
export const uniform = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.uniform", S>,
  { low = 0, high = 1 }: UniformOptions = {},
): Tensor<Mutable<S>> => uniformFor("uniform", key, shape, low, high);
