/** Smaller, larger, magnitude and sign: functions with kinks, whose derivatives there are a rule. */

import { equal, less, lessEqual, select } from "./comparison.ts";
import type { Expression } from "./expression.ts";
import { scalarFunction, wrapping } from "./function.ts";
import { and } from "./logic.ts";
import { floats, numerics } from "./signature.ts";

const wide = [-8, 8] as const;
/** Samples of it coincide with none of `wide`. */
const shifted = [-7, 9] as const;
const finite = [-3e38, 3e38] as const;

/** The share of a in the smaller of the two: 1 where a is below b, a half where they are equal. */
const shareOfSmaller = (a: Expression, b: Expression): Expression =>
  select.of(lessEqual.of(a, b), select.of(equal.of(a, b), 0.5, 1), 0);

/** NaN where an operand is. Equal operands share the cotangent in halves. */
export const min = scalarFunction({
  name: "min",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => Math.min(a, b),
  formula: "min(a, b)",
  derivative: [
    ([a, b]) => shareOfSmaller(a as Expression, b as Expression),
    ([a, b]) => shareOfSmaller(b as Expression, a as Expression),
  ],
  domain: [wide, shifted],
  expansion: "base",
  ulp: 0,
});

/** NaN where an operand is. Equal operands share the cotangent in halves. */
export const max = scalarFunction({
  name: "max",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => Math.max(a, b),
  formula: "max(a, b)",
  derivative: [
    ([a, b]) => shareOfSmaller(b as Expression, a as Expression),
    ([a, b]) => shareOfSmaller(a as Expression, b as Expression),
  ],
  domain: [wide, shifted],
  expansion: "base",
  ulp: 0,
});

/** The derivative to x is 1 at the bounds themselves. */
export const clamp = scalarFunction({
  name: "clamp",
  arity: 3,
  signature: numerics,
  evaluate: (x: number, low: number, high: number) => Math.min(Math.max(x, low), high),
  formula: "min(max(x, low), high)",
  derivative: [
    ([x, low, high]) =>
      select.of(
        and.of(lessEqual.of(low as Expression, x as Expression), lessEqual.of(x as Expression, high as Expression)),
        1,
        0,
      ),
    ([x, low]) => select.of(less.of(x as Expression, low as Expression), 1, 0),
    ([x, , high]) => select.of(less.of(high as Expression, x as Expression), 1, 0),
  ],
  domain: [wide, [-5, -1], [1, 5]],
  expansion: (x, low, high) => min.of(max.of(x, low), high),
  ulp: 0,
});

/** The derivative at 0 is 0. */
export const abs = scalarFunction({
  name: "abs",
  arity: 1,
  signature: numerics,
  evaluate: Math.abs,
  integer: wrapping((x = 0) => Math.abs(x)),
  formula: "|x|",
  derivative: [([x]) => sign.of(x as Expression)],
  domain: [wide],
  kinks: [0],
  expansion: "base",
  ulp: 0,
});

/** −1, 0 or 1; −0 and NaN are themselves. */
export const sign = scalarFunction({
  name: "sign",
  arity: 1,
  signature: numerics,
  evaluate: Math.sign,
  formula: "sign x",
  derivative: "zero",
  domain: [wide],
  kinks: [0],
  expansion: (x) => (x.type === "u32" ? min.of(x, 1) : select.of(less.of(0, x), 1, select.of(less.of(x, 0), -1, x))),
  ulp: 0,
  range: [finite],
});

/** The derivative at 0 is 0. */
export const relu = scalarFunction({
  name: "relu",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => Math.max(x, 0),
  formula: "max(x, 0)",
  derivative: [([x]) => select.of(less.of(0, x as Expression), 1, 0)],
  domain: [wide],
  kinks: [0],
  expansion: (x) => max.of(x, 0),
  ulp: 0,
  range: [finite],
});
