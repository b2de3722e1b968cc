/** Whole numbers in a range. */

import type { Mutable } from "../ops/make.ts";
import { cast, map, unstack } from "../ops.ts";
import { checkShape, type Shape, type ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { bitsFor } from "./bits.ts";
import { type Key, split, wordsOf } from "./key.ts";

export interface RandintOptions {
  /** The least number that is drawn; 0 by default. */
  readonly low?: number;
  /** Above all that is drawn; up to 2³¹. */
  readonly high: number;
}

/**
 * Whole numbers from `low` up to, but not, `high`, of i32. Equal to JAX's bit for bit.
 *
 * They are 64 random bits mod the range n = high − low, each as likely to a part in 2⁴⁸, where n is 2¹⁶ at most; where it is
 * larger, and no power of 2, some are likelier than others by up to n / 2³² of their probability.
 * Shapes: the key `[2]` → S of i32.
 * @example random.randint(random.key(0), [5], { low: -2, high: 3 })
 * @throws ShapeError; RangeError for bounds that are not whole, beyond i32, or in the wrong order
 */
export const randint = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.randint", S>,
  { low = 0, high }: RandintOptions,
): Tensor<Mutable<S>, "i32"> => {
  if (!(Number.isInteger(low) && Number.isInteger(high) && low >= -(2 ** 31) && low < high && high <= 2 ** 31)) {
    throw new RangeError(
      `random.randint: from ${low} to ${high}, and must be two whole numbers of i32, the first the smaller`,
    );
  }
  wordsOf("randint", key);
  checkShape("random.randint", shape);
  const [upperKey, lowerKey] = unstack(split(key));
  const lower = bitsFor("randint", lowerKey, shape);
  const range = high - low;
  const shifted = (offsets: typeof lower) => map(cast(offsets, "i32"), (offset) => (offset + low) | 0);
  if (range === 2 ** 32) return shifted(lower);
  // (2³² a + b) mod n, on words: 2³² mod n is the square of 2¹⁶ mod n. Where n is above 2¹⁶ products wrap, as JAX's do.
  const root = 2 ** 16 % range;
  const factor = (Math.imul(root, root) >>> 0) % range;
  const offsets = map(bitsFor("randint", upperKey, shape), lower, (upper, lower) => {
    const product = Math.imul(upper % range, factor) >>> 0;
    return ((product + (lower % range)) >>> 0) % range;
  });
  return shifted(offsets);
};
