/** Logarithms. */

import { add, div, mul, sub } from "./arithmetic.ts";
import { equal, less, lessEqual, select } from "./comparison.ts";
import type { Expression } from "./expression.ts";
import { logarithmOfMantissa, logarithmOfParts, logarithmParts } from "./float-parts.ts";
import { scalarFunction } from "./function.ts";
import { floats } from "./signature.ts";

const positive = [0.1, 8] as const;
const everyPositive = [2 ** -149, 3.4e38] as const;
const largest = 3.4028234663852886e38;

/** −∞ at 0, NaN below, ∞ and NaN as they are; else `inside`. */
const guarded = (x: Expression, inside: Expression): Expression =>
  select.of(
    less.of(0, x),
    select.of(lessEqual.of(x, largest), inside, x),
    select.of(equal.of(x, 0), -Infinity, Number.NaN),
  );

export const log = scalarFunction({
  name: "log",
  arity: 1,
  signature: floats,
  evaluate: Math.log,
  formula: "ln x",
  derivative: [([x]) => div.of(1, x as Expression)],
  domain: [positive],
  expansion: (x) => guarded(x, logarithmOfParts(logarithmParts(x), 0)),
  ulp: 1,
  range: [everyPositive],
});

/** Accurate near 0, where 1 + x loses the bits of x. */
export const log1p = scalarFunction({
  name: "log1p",
  arity: 1,
  signature: floats,
  evaluate: Math.log1p,
  formula: "ln(1 + x)",
  derivative: [([x]) => div.of(1, add.of(1, x as Expression))],
  domain: [[-0.9, 8]],
  expansion: (x) => {
    // What rounding 1 + x lost, found exactly from the larger of the two.
    const sum = add.of(1, x);
    const lost = select.of(less.of(1, x), sub.of(1, sub.of(sum, x)), sub.of(x, sub.of(sum, 1)));
    return guarded(sum, logarithmOfParts(logarithmParts(sum), div.of(lost, sum)));
  },
  ulp: 1,
  range: [[-1 + 2 ** -24, 3.4e38]],
});

export const log2 = scalarFunction({
  name: "log2",
  arity: 1,
  signature: floats,
  evaluate: Math.log2,
  formula: "log₂ x",
  derivative: [([x]) => div.of(Math.LOG2E, x as Expression)],
  domain: [positive],
  expansion: (x) => {
    const parts = logarithmParts(x);
    return guarded(x, add.of(parts.n, mul.of(logarithmOfMantissa(parts), Math.LOG2E)));
  },
  ulp: 2.5,
  range: [everyPositive],
});

/** log₁₀ 2 in two pieces: the first has 15 bits, so that its product with an exponent is exact. */
const log2High = 0.301025390625;
const log2Low = 4.605039066518657e-6;

export const log10 = scalarFunction({
  name: "log10",
  arity: 1,
  signature: floats,
  evaluate: Math.log10,
  formula: "log₁₀ x",
  derivative: [([x]) => div.of(Math.LOG10E, x as Expression)],
  domain: [positive],
  expansion: (x) => {
    const parts = logarithmParts(x);
    const fraction = add.of(mul.of(logarithmOfMantissa(parts), Math.LOG10E), mul.of(parts.n, log2Low));
    return guarded(x, add.of(mul.of(parts.n, log2High), fraction));
  },
  ulp: 2.5,
  range: [everyPositive],
});
