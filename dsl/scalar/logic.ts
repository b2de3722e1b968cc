/** And, or, not: of booleans, and bit by bit of integers. */

import { scalarFunction } from "./function.ts";
import { bits } from "./signature.ts";

const shared = {
  signature: bits,
  derivative: "zero",
  expansion: "base",
  ulp: 0,
} as const;
const words = [-100, 100] as const;

export const and = scalarFunction({
  ...shared,
  name: "and",
  arity: 2,
  evaluate: (a: boolean, b: boolean) => a && b,
  integer: { i32: (a: number, b: number) => a & b, u32: (a: number, b: number) => (a & b) >>> 0 },
  formula: "a ∧ b",
  domain: [words, words],
});

export const or = scalarFunction({
  ...shared,
  name: "or",
  arity: 2,
  evaluate: (a: boolean, b: boolean) => a || b,
  integer: { i32: (a: number, b: number) => a | b, u32: (a: number, b: number) => (a | b) >>> 0 },
  formula: "a ∨ b",
  domain: [words, words],
});

/** Of booleans: whether they differ. */
export const xor = scalarFunction({
  ...shared,
  name: "xor",
  arity: 2,
  evaluate: (a: boolean, b: boolean) => a !== b,
  integer: { i32: (a: number, b: number) => a ^ b, u32: (a: number, b: number) => (a ^ b) >>> 0 },
  formula: "a ⊻ b",
  domain: [words, words],
});

export const not = scalarFunction({
  ...shared,
  name: "not",
  arity: 1,
  evaluate: (x: boolean) => !x,
  integer: { i32: (x: number) => ~x, u32: (x: number) => ~x >>> 0 },
  formula: "¬ x",
  domain: [words],
});
