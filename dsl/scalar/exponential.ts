/** Exponentials. */

import { add, mul, sub } from "./arithmetic.ts";
import { exponentialParts, exponentialTimes, powerOfTwo } from "./float-parts.ts";
import { scalarFunction } from "./function.ts";
import { floats } from "./signature.ts";

export const exp = scalarFunction({
  name: "exp",
  arity: 1,
  signature: floats,
  evaluate: Math.exp,
  formula: "eˣ",
  derivative: [(_, out) => out],
  domain: [[-3, 3]],
  expansion: (x) => exponentialTimes(x)(1),
  ulp: 1,
  range: [[-110, 95]],
});

/** Accurate near 0, where eˣ − 1 cancels. */
export const expm1 = scalarFunction({
  name: "expm1",
  arity: 1,
  signature: floats,
  evaluate: Math.expm1,
  formula: "eˣ − 1",
  derivative: [(_, out) => add.of(out, 1)],
  domain: [[-3, 3]],
  expansion: (x) => {
    // 2ⁿ (1 + tail) − 1, in halves so that 2ⁿ does not overflow where the result does not.
    const { tail, n } = exponentialParts(x, -20, 89);
    const power = powerOfTwo(sub.of(n, 1));
    return mul.of(2, add.of(mul.of(power, tail), sub.of(power, 0.5)));
  },
  ulp: 2,
  range: [[-110, 95]],
});
