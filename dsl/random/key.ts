/** Keys: 64 bits as two words [high, low]. A key is used once; more keys are made of it by `split` and `foldIn`. */

import { DTypeError, type Int } from "../dtype.ts";
import type { Mutable } from "../ops/make.ts";
import { cast, full, iota, map, reshape, stack, tensor, unstack } from "../ops.ts";
import { checkPositive, checkShape, misfit, type PositiveFit, type Shape, type ShapeFit, sizeOf } from "../shape.ts";
import { describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { threefry2x32 } from "./threefry.ts";

/** A key as functions accept it; `Tensor<[2], "u32">` is one. */
export type Key = In<readonly [2], "u32">;

/** The two words of a key, as tensors of rank 0. */
export const wordsOf = (name: string, key: Key): readonly [Tensor<[], "u32">, Tensor<[], "u32">] => {
  if (!isTensor(key) || key.dtype !== "u32" || key.shape.length !== 1 || key.shape[0] !== 2) {
    const given = isTensor(key) ? describe(key) : typeof key;
    return misfit(`random.${name}: the key is ${given}, and must be u32[2]; make one by key(seed), more by split(key)`);
  }
  return unstack(key);
};

/** One word of the output of Threefry for counters below 2³². */
const wordOf = <S extends Shape>(
  key: readonly [Tensor<[], "u32">, Tensor<[], "u32">],
  counters: Tensor<S, "u32">,
  word: 0 | 1,
): Tensor<S, "u32"> => map(counters, key[0], key[1], (count, k0, k1) => threefry2x32(k0, k1, 0, count)[word]);

/**
 * The key of a seed: `random.key(42)`.
 *
 * A number of 32 bits, signed or not, is the low word, as in JAX; a larger one, and every bigint, gives both words in
 * two's complement, as in JAX with 64-bit types.
 * @example random.key(42)
 * @throws RangeError for a number that is no safe integer, or a bigint beyond 64 bits
 */
export const key = (seed: number | bigint): Tensor<[2], "u32"> => {
  if (typeof seed === "number" ? !Number.isSafeInteger(seed) : seed < -(2n ** 63n) || seed >= 2n ** 64n) {
    throw new RangeError(
      `random.key: the seed is ${seed}, and must be a whole number; one of up to 64 bits is a bigint, 1n`,
    );
  }
  const small = typeof seed === "number" && seed >= -(2 ** 31) && seed < 2 ** 32;
  const words = small ? BigInt(seed >>> 0) : BigInt.asUintN(64, BigInt(seed));
  return tensor([Number(words >> 32n), Number(words & 0xffffffffn)], "u32");
};

interface Split {
  (key: Key): Tensor<[2, 2], "u32">;
  <const N extends number>(key: Key, count: N & PositiveFit<"random.split", "the count", N>): Tensor<[N, 2], "u32">;
  <const S extends Shape>(key: Key, shape: S & ShapeFit<"random.split", S>): Tensor<[...Mutable<S>, 2], "u32">;
}

/**
 * Independent keys from one: `const [a, b] = unstack(random.split(key))`. The key itself is not used again.
 * Shapes: `[2]` → `[2, 2]`; with a count N `[N, 2]`; with a shape S `[...S, 2]`.
 * @example random.split(random.key(0))
 * @throws ShapeError
 */
export const split = ((key: Key, shape: number | Shape = 2) => {
  const words = wordsOf("split", key);
  if (typeof shape === "number") checkPositive("random.split", "the count", shape);
  const list = typeof shape === "number" ? [shape] : checkShape("random.split", shape);
  const counters = iota(sizeOf(list), "u32");
  return reshape(stack([wordOf(words, counters, 0), wordOf(words, counters, 1)], 1), [...list, 2]);
}) as Split;

/**
 * A key from a key and a number, such as the index of a step: other numbers give independent keys.
 * Shapes: `[2]`, a number or rank 0 → `[2]`.
 * @example random.foldIn(random.key(0), 7)
 * @throws ShapeError; DTypeError for a number that is not whole and of 32 bits
 */
export const foldIn = (key: Key, data: number | In<[], Int>): Tensor<[2], "u32"> => {
  const words = wordsOf("foldIn", key);
  const counter = counterOf(data);
  return stack([wordOf(words, counter, 0), wordOf(words, counter, 1)]);
};

const counterOf = (data: number | In<[], Int>): Tensor<[], "u32"> => {
  if (typeof data === "number") {
    if (!Number.isInteger(data) || data < -(2 ** 31) || data >= 2 ** 32) {
      throw new DTypeError(
        `random.foldIn: ${data} is no whole number of 32 bits; fold in a counter, or several in turn`,
      );
    }
    return full([], data >>> 0, "u32");
  }
  if (!isTensor(data) || data.shape.length !== 0 || (data.dtype !== "i32" && data.dtype !== "u32")) {
    const given = isTensor(data) ? describe(data) : typeof data;
    return misfit(`random.foldIn: the data is ${given}, and must be a number, i32[] or u32[]; fold in a counter`);
  }
  return cast(data, "u32");
};
