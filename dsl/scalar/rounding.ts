/** Rounding to whole numbers. Derivatives are 0, at the steps too. */

import { add, sub } from "./arithmetic.ts";
import { lessEqual, select } from "./comparison.ts";
import { scalarFunction } from "./function.ts";
import { floats } from "./signature.ts";

const shared = {
  arity: 1,
  signature: floats,
  derivative: "zero",
  domain: [[-8, 8]],
  ulp: 0,
  range: [[-1e9, 1e9]],
} as const;
const whole = Array.from({ length: 17 }, (_, i) => i - 8);
const halves = Array.from({ length: 16 }, (_, i) => i - 7.5);

export const floor = scalarFunction({
  ...shared,
  name: "floor",
  evaluate: Math.floor,
  formula: "⌊x⌋",
  kinks: whole,
  expansion: "base",
});

export const ceil = scalarFunction({
  ...shared,
  name: "ceil",
  evaluate: Math.ceil,
  formula: "⌈x⌉",
  kinks: whole,
  expansion: "base",
});

/** Towards 0. */
export const trunc = scalarFunction({
  ...shared,
  name: "trunc",
  evaluate: Math.trunc,
  formula: "sign x · ⌊|x|⌋",
  kinks: whole,
  expansion: "base",
});

/** To the nearest; halves to the even neighbour, as IEEE 754 and PyTorch round. */
export const nearest = scalarFunction({
  ...shared,
  name: "nearest",
  evaluate: (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
  formula: "nearest whole number, halves to even",
  kinks: halves,
  expansion: "base",
});

/** To the nearest; halves up, as `Math.round` rounds. */
export const round = scalarFunction({
  ...shared,
  name: "round",
  evaluate: Math.round,
  formula: "⌊x + ½⌋",
  kinks: halves,
  expansion: (x) => {
    // x + ½ may round up to the next whole number; the fraction that is compared here is exact.
    const below = floor.of(x);
    return select.of(lessEqual.of(0.5, sub.of(x, below)), add.of(below, 1), below);
  },
});
