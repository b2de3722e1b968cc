/** The inverse of the error function. */

import { add, mul, neg, sqrt, sub } from "./arithmetic.ts";
import { equal, less, select } from "./comparison.ts";
import { erf, erfc } from "./error-function.ts";
import { exp } from "./exponential.ts";
import { abs } from "./extremes.ts";
import { scalarFunction } from "./function.ts";
import { gilesCentral, gilesTail } from "./giles.ts";
import { log } from "./logarithm.ts";
import { polynomial } from "./polynomial.ts";
import { floats } from "./signature.ts";

/** erf⁻¹ x for 0 ≤ x < 1 by Halley's iteration: u is Newton's step, and erf″ / erf′ is −2y. */
const positive = (x: number): number => {
  const rest = 1 - x;
  const w = -Math.log(rest * (1 + x));
  // e^−y² / (y √π) is near erfc y.
  let y = w < 1 ? x : Math.sqrt(Math.max(w - 0.5 * Math.log(Math.PI * w), 0.25));
  for (let turn = 0; turn < 6; turn++) {
    const excess = x < 0.5 ? erf(y) - x : rest - erfc(y);
    const u = 0.5 * Math.sqrt(Math.PI) * Math.exp(y * y) * excess;
    y -= u / (1 + u * y);
  }
  return y;
};

const erfInvOf = (x: number): number => {
  const magnitude = Math.abs(x);
  if (!(magnitude < 1)) return magnitude === 1 ? x * Infinity : Number.NaN;
  return x === 0 ? x : Math.sign(x) * positive(magnitude);
};

const highestFirst = (coefficients: readonly number[]): number[] => [...coefficients].reverse();

export const erfInv = scalarFunction({
  name: "erfInv",
  arity: 1,
  signature: floats,
  evaluate: erfInvOf,
  formula: "the y with erf y = x",
  derivative: [(_, out) => mul.of(0.5 * Math.sqrt(Math.PI), exp.of(mul.of(out, out)))],
  domain: [[-0.9, 0.9]],
  expansion: (x) => {
    // (1 − x)(1 + x) keeps the digits that 1 − x² loses near ±1.
    const logarithm = log.of(mul.of(sub.of(1, x), add.of(1, x)));
    const w = neg.of(logarithm);
    const central = polynomial(sub.of(w, 2.5), highestFirst(gilesCentral));
    const tail = polynomial(sub.of(sqrt.of(w), 3), highestFirst(gilesTail));
    const inside = mul.of(x, select.of(less.of(w, 5), central, tail));
    return select.of(equal.of(abs.of(x), 1), mul.of(x, Infinity), inside);
  },
  ulp: 4,
  range: [[-1, 1]],
});
