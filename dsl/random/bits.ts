/** Random bits, which the other distributions are made of. */

import type { Dyn } from "../dim.ts";
import type { Mutable } from "../ops/make.ts";
import { iota, map, reshape } from "../ops.ts";
import { checkShape, type Shape, type ShapeFit, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Key, wordsOf } from "./key.ts";
import { threefry2x32 } from "./threefry.ts";

/** `bits` for a function of another name, which messages say. */
export const bitsFor = (name: string, key: Key, shape: Shape): Tensor<Dyn, "u32"> => {
  const [k0, k1] = wordsOf(name, key);
  const counters = iota(sizeOf(checkShape(`random.${name}`, shape)), "u32");
  // Element i is made of the block of counter i alone, whose upper word is 0 for every tensor below 2³² elements.
  const words = map(counters, k0, k1, (count, k0, k1) => {
    const [x, y] = threefry2x32(k0, k1, 0, count);
    return (x ^ y) >>> 0;
  });
  return reshape(words, shape);
};

/**
 * 32 random bits an element: whole numbers from 0 to 2³² − 1, each as likely. Equal to JAX's (Threefry-2x32, partitionable)
 * bit for bit, for elements in row-major order.
 * Shapes: the key `[2]` → S.
 * @example random.bits(random.key(0), [2])
 * @throws ShapeError
 */
export const bits = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.bits", S>,
): Tensor<Mutable<S>, "u32"> => bitsFor("bits", key, shape);
