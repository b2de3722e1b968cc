/** JavaScript's `%`. */

import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { equal, less, select } from "./comparison.ts";
import type { Expression } from "./expression.ts";
import { abs } from "./extremes.ts";
import { upperHalf } from "./float-parts.ts";
import { scalarFunction } from "./function.ts";
import { trunc } from "./rounding.ts";
import { numerics } from "./signature.ts";

/**
 * The remainder of the truncated quotient: it has the sign of a. Of integers it is 0 where b is 0, as `(a % b) | 0` is.
 * In f32 it is exact while the quotient is below 2¹²; beyond that error grows with the quotient.
 */
export const rem = scalarFunction({
  name: "rem",
  arity: 2,
  signature: numerics,
  evaluate: (a: number, b: number) => a % b,
  integer: { i32: (a: number, b: number) => (a % b) | 0, u32: (a: number, b: number) => (a % b) >>> 0 },
  formula: "a − b · trunc(a / b)",
  derivative: [() => 1, ([a, b]) => neg.of(trunc.of(div.of(a as Expression, b as Expression)))],
  domain: [
    [-8, 8],
    [2.5, 7],
  ],
  expansion: (a, b) => {
    if (a.type !== "f32") return select.of(equal.of(b, 0), b, sub.of(a, mul.of(b, div.of(a, b))));
    const dividend = abs.of(a);
    const divisor = abs.of(b);
    // Two halves of the divisor, so that each product with the quotient is exact.
    const upper = upperHalf(divisor);
    const quotient = trunc.of(div.of(dividend, divisor));
    const rest = sub.of(sub.of(dividend, mul.of(quotient, upper)), mul.of(quotient, sub.of(divisor, upper)));
    // The quotient may have been rounded up to a whole number.
    const corrected = select.of(less.of(rest, 0), add.of(rest, divisor), rest);
    const remainder = select.of(less.of(dividend, divisor), dividend, corrected);
    return select.of(less.of(a, 0), neg.of(remainder), remainder);
  },
  ulp: 1,
  range: [
    [-1000, 1000],
    [0.5, 100],
  ],
});
