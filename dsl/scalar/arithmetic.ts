/** Arithmetic, which every target computes itself. */

import type { Expression } from "./expression.ts";
import { numerics, scalarFunction } from "./function.ts";

const wide = [-8, 8] as const;

export const add = scalarFunction({
  name: "add",
  arity: 2,
  signature: numerics(2),
  evaluate: (a: number, b: number) => a + b,
  integer: { i32: (a: number, b: number) => (a + b) | 0, u32: (a: number, b: number) => (a + b) >>> 0 },
  formula: "a + b",
  derivative: [() => 1, () => 1],
  domain: [wide, wide],
  expansion: "base",
  ulp: 0.5,
});

export const mul = scalarFunction({
  name: "mul",
  arity: 2,
  signature: numerics(2),
  evaluate: (a: number, b: number) => a * b,
  integer: { i32: Math.imul, u32: (a: number, b: number) => Math.imul(a, b) >>> 0 },
  formula: "a · b",
  derivative: [([, b]) => b as Expression, ([a]) => a as Expression],
  domain: [wide, wide],
  expansion: "base",
  ulp: 0.5,
});
