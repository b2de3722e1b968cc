/** Sample points for scalar functions, the same in every run, and distances in units of the last place. */

import type { ScalarType, Value } from "../../../dsl/scalar/expression.ts";
import type { Interval, ScalarFunction } from "../../../dsl/scalar/function.ts";

export type Sampler = () => number;

/** Numbers in [0, 1): a linear congruential generator. */
export const sampler = (seed: number): Sampler => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const f32 = new Float32Array(1);
const i32 = new Int32Array(f32.buffer);

/** The place of an f32 in the order of all. */
const orderOf = (x: number): number => {
  f32[0] = x;
  const bits = i32[0] as number;
  return bits < 0 ? -(bits & 0x7fffffff) : bits;
};
const f32At = (order: number): number => {
  i32[0] = order < 0 ? -order | 0x80000000 : order;
  return f32[0] as number;
};

/** Floats of an interval: by turns evenly spread, spread over all magnitudes, and of magnitude up to 10. */
export const floatIn = ([low, high]: Interval, random: Sampler, turn: number): number => {
  const inside = (x: number): number => Math.fround(Math.min(high, Math.max(low, x)));
  if (turn % 3 === 0) return inside(low + (high - low) * random());
  if (turn % 3 === 1) return inside(f32At(Math.floor(orderOf(low) + (orderOf(high) - orderOf(low)) * random())));
  return inside((2 * random() - 1) * 10);
};

/** Distance between neighbouring f32 at x. */
export const ulpOf = (x: number): number =>
  Math.abs(x) < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23);

/** The lists of argument types that a function takes. */
export const typesOf = ({ arity, signature, name }: ScalarFunction): ScalarType[][] =>
  (["f32", "i32", "u32", "bool"] as const)
    .map((type): ScalarType[] => (name === "select" ? ["bool", type, type] : new Array<ScalarType>(arity).fill(type)))
    .filter((types) => signature(types) !== undefined);

const integers: Readonly<Record<"i32" | "u32", readonly number[]>> = {
  i32: [0, 1, -1, 2, 7, 31, -100, 65535, 0x12345678, 2147483647, -2147483648, -2147483647],
  u32: [0, 1, 2, 7, 31, 100, 65535, 0x12345678, 2147483647, 2147483648, 4294967295],
};
export const specials = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  2.5,
  -2.5,
  1e-40,
  -1e-40,
  2 ** -149,
  3.4e38,
  -3.4e38,
  Infinity,
  -Infinity,
  NaN,
].map(Math.fround);

/** Values of a type at which functions are likely to go wrong. */
export const edgesOf = (type: ScalarType): readonly Value[] =>
  type === "bool" ? [false, true] : type === "f32" ? specials : integers[type];

/** Every choice of one element from each list. */
export const product = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), [[]]);
