/** Orders at random. */

import { argsort, iota, take, unstack } from "../ops.ts";
import { checkNatural, misfit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { bitsFor } from "./bits.ts";
import { type Key, split, wordsOf } from "./key.ts";

/**
 * The numbers from 0 up to n in an order at random, each as likely; equal to JAX's. `take(x, permutation(key, n), axis)`
 * brings the slices of x into that order.
 *
 * They are sorted by random bits, in as many rounds as make equal bits in all of them unlikely: one up to n = 1625, two
 * from there.
 * Shapes: the key `[2]` → [N] of i32.
 * @example random.permutation(random.key(0), 5)
 * @throws ShapeError for a number that is not whole, and above 4096, the most that devices sort
 */
export const permutation = <const N extends number>(key: Key, n: N): Tensor<[N], "i32"> => {
  wordsOf("permutation", key);
  checkNatural("random.permutation", "the number", n);
  if (n > 4096) misfit(`random.permutation: the number is ${n}, and must be 4096 at most; draw the order on the host`);
  const rounds = Math.ceil((3 * Math.log(Math.max(1, n))) / Math.log(2 ** 32 - 1));
  let order: Tensor<[N], "i32"> = iota(n, "i32");
  let next: Key = key;
  for (let round = 0; round < rounds; round++) {
    const [rest, own] = unstack(split(next));
    next = rest;
    const sorted: Tensor<[N], "i32"> = argsort(bitsFor("permutation", own, [n]));
    order = take(order, sorted, 0);
  }
  return order;
};
