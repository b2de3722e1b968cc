/** Arithmetic. On integers it wraps, as JavaScript's `| 0` and `>>> 0` do. */

import type { Expression } from "./expression.ts";
import { scalarFunction, wrapping } from "./function.ts";
import { floats, numerics } from "./signature.ts";

const wide = [-8, 8] as const;
const positive = [0.25, 8] as const;
/** All of f32 but its rim, where a step overflows or loses the bits of a subnormal. */
const normal = [2 ** -100, 2 ** 100] as const;

export const add = scalarFunction({
  name: "add",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => a + b,
  integer: wrapping((a = 0, b = 0) => a + b),
  formula: "a + b",
  derivative: [() => 1, () => 1],
  domain: [wide, wide],
  expansion: "base",
  ulp: 0.5,
});

export const sub = scalarFunction({
  name: "sub",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => a - b,
  integer: wrapping((a = 0, b = 0) => a - b),
  formula: "a − b",
  derivative: [() => 1, () => -1],
  domain: [wide, wide],
  expansion: "base",
  ulp: 0.5,
});

export const mul = scalarFunction({
  name: "mul",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => a * b,
  integer: wrapping((a = 0, b = 0) => Math.imul(a, b)),
  formula: "a · b",
  derivative: [([, b]) => b as Expression, ([a]) => a as Expression],
  domain: [wide, wide],
  expansion: "base",
  ulp: 0.5,
});

/** On integers the quotient is truncated, and 0 where b is 0: `(a / b) | 0`. */
export const div = scalarFunction({
  name: "div",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => a / b,
  integer: wrapping((a = 0, b = 0) => a / b),
  formula: "a / b",
  derivative: [
    ([, b]): Expression => div.of(1, b as Expression),
    ([, b], out): Expression => neg.of(div.of(out, b as Expression)),
  ],
  domain: [wide, positive],
  expansion: "base",
  ulp: 0.5,
});

export const neg = scalarFunction({
  name: "neg",
  arity: 1,
  signature: numerics,
  evaluate: (x: number) => -x,
  integer: wrapping((x = 0) => -x),
  formula: "−x",
  derivative: [() => -1],
  domain: [wide],
  expansion: "base",
  ulp: 0.5,
});

/** Bits of a number, to find the neighbours of an f64. */
const f64 = new Float64Array(1);
const words = new BigInt64Array(f64.buffer);

/**
 * a · b + c rounded once to f32. The product is exact in f64; the sum is rounded to odd there, so that rounding it again
 * to f32 gives what one rounding of the exact value gives (Boldo and Melquiond, 2008).
 */
const fusedSingle = (a = 0, b = 0, c = 0): number => {
  const product = a * b;
  const sum = product + c;
  const back = sum - product;
  const error = product - (sum - back) + (c - back);
  f64[0] = sum;
  const word = words[0] as bigint;
  if (error !== 0 && Number.isFinite(error) && word % 2n === 0n) words[0] = word + (error > 0 === sum > 0 ? 1n : -1n);
  return Math.fround(f64[0]);
};

/** One rounding where the target fuses, else a product and a sum. */
export const fma = scalarFunction({
  name: "fma",
  arity: 3,
  signature: floats,
  evaluate: (a: number, b: number, c: number) => a * b + c,
  single: fusedSingle,
  formula: "a · b + c",
  derivative: [([, b]) => b as Expression, ([a]) => a as Expression, () => 1],
  domain: [wide, wide, wide],
  expansion: "base",
  ulp: 0.5,
});

export const sqrt = scalarFunction({
  name: "sqrt",
  arity: 1,
  signature: floats,
  evaluate: Math.sqrt,
  formula: "√x",
  derivative: [(_, out) => div.of(0.5, out)],
  domain: [positive],
  expansion: "base",
  ulp: 0.5,
});

export const rsqrt = scalarFunction({
  name: "rsqrt",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => 1 / Math.sqrt(x),
  formula: "1 / √x",
  derivative: [(_, out) => mul.of(-0.5, mul.of(out, mul.of(out, out)))],
  domain: [positive],
  expansion: (x) => div.of(1, sqrt.of(x)),
  ulp: 1.5,
  range: [[0, 3e38]],
});

export const square = scalarFunction({
  name: "square",
  arity: 1,
  signature: numerics,
  evaluate: (x: number) => x * x,
  integer: wrapping((x = 0) => Math.imul(x, x)),
  formula: "x²",
  derivative: [([x]) => mul.of(2, x as Expression)],
  domain: [wide],
  expansion: (x) => mul.of(x, x),
  ulp: 0.5,
  range: [[-1e19, 1e19]],
});

export const reciprocal = scalarFunction({
  name: "reciprocal",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => 1 / x,
  formula: "1 / x",
  derivative: [(_, out) => neg.of(mul.of(out, out))],
  domain: [positive],
  expansion: (x) => div.of(1, x),
  ulp: 0.5,
  range: [normal],
});
