/** Comparisons, which give booleans, and the choice between two values. */

import type { Expression, Value } from "./expression.ts";
import { scalarFunction } from "./function.ts";
import { not } from "./logic.ts";
import { choice, equality, order } from "./signature.ts";

const wide = [-8, 8] as const;
const shared = {
  arity: 2,
  signature: order,
  derivative: "zero",
  domain: [wide, wide],
  ulp: 0,
} as const;

export const equal = scalarFunction({
  ...shared,
  name: "equal",
  signature: equality,
  evaluate: (a: Value, b: Value) => a === b,
  formula: "a = b",
  expansion: "base",
});

export const notEqual = scalarFunction({
  ...shared,
  name: "notEqual",
  signature: equality,
  evaluate: (a: Value, b: Value) => a !== b,
  formula: "a ≠ b",
  expansion: (a, b) => not.of(equal.of(a, b)),
});

export const less = scalarFunction({
  ...shared,
  name: "less",
  evaluate: (a: number, b: number) => a < b,
  formula: "a < b",
  expansion: "base",
});

export const lessEqual = scalarFunction({
  ...shared,
  name: "lessEqual",
  evaluate: (a: number, b: number) => a <= b,
  formula: "a ≤ b",
  expansion: "base",
});

export const greater = scalarFunction({
  ...shared,
  name: "greater",
  evaluate: (a: number, b: number) => a > b,
  formula: "a > b",
  expansion: (a, b) => less.of(b, a),
});

export const greaterEqual = scalarFunction({
  ...shared,
  name: "greaterEqual",
  evaluate: (a: number, b: number) => a >= b,
  formula: "a ≥ b",
  expansion: (a, b) => lessEqual.of(b, a),
});

/** JavaScript's `condition ? a : b`; both are computed, and the one not chosen counts for nothing, NaN included. */
export const select = scalarFunction({
  name: "select",
  arity: 3,
  signature: choice,
  evaluate: <T extends Value>(condition: boolean, a: T, b: T): T => (condition ? a : b),
  formula: "a where c, else b",
  derivative: [
    () => 0,
    ([condition]): Expression => select.of(condition as Expression, 1, 0),
    ([condition]): Expression => select.of(condition as Expression, 0, 1),
  ],
  domain: [[0, 1], wide, wide],
  expansion: "base",
  ulp: 0,
});
