/** The error function, its complement, and what the normal distribution needs of them. */

import { add, mul, neg, sub } from "./arithmetic.ts";
import { less, select } from "./comparison.ts";
import { exp } from "./exponential.ts";
import type { Expression } from "./expression.ts";
import { abs, min } from "./extremes.ts";
import { scalarFunction } from "./function.ts";
import { gaussianTail } from "./gaussian-tail.ts";
import { polynomial } from "./polynomial.ts";
import { floats } from "./signature.ts";

const everyFloat = [-3.4e38, 3.4e38] as const;

/** exp(−x²), with the square in two pieces, the first exact. */
const gaussian = (x: number): number => {
  const upper = Math.fround(x);
  return Math.exp(-upper * upper) * Math.exp((upper - x) * (upper + x));
};

/** erf x = 2/√π exp(−x²) (x + 2x³/3 + 4x⁵/15 + …), all terms of one sign: for |x| up to 1. */
const erfBySeries = (x: number): number => {
  let sum = 0;
  let term = x;
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    sum += term;
    term *= (2 * x * x) / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * gaussian(x) * sum;
};

/** erfc x = exp(−x²) / √π / (x + ½ / (x + 1 / (x + 1½ / (x + …)))), from the inside out: for x from 1. */
const erfcByFraction = (x: number): number => {
  let fraction = x;
  for (let k = Math.ceil(20 + 180 / (x * x)); k > 0; k--) fraction = x + k / 2 / fraction;
  return gaussian(x) / (Math.sqrt(Math.PI) * fraction);
};

const erfcOf = (x: number): number => {
  if (x < -1) return 2 - erfcOf(-x);
  if (x <= 1) return 1 - erfBySeries(x);
  // e^−x² underflows in f64.
  return x > 28 ? 0 : erfcByFraction(x);
};

const erfOf = (x: number): number => {
  if (Math.abs(x) <= 1) return erfBySeries(x) || x;
  return x < 0 ? erfcOf(-x) - 1 : 1 - erfcOf(x);
};

/** 2/√π e^−x² */
const density = (x: Expression): Expression => mul.of(2 / Math.sqrt(Math.PI), exp.of(neg.of(mul.of(x, x))));

export const erf = scalarFunction({
  name: "erf",
  arity: 1,
  signature: floats,
  evaluate: erfOf,
  formula: "2/√π ∫₀ˣ exp(−t²) dt",
  derivative: [([x]) => density(x as Expression)],
  domain: [[-3, 3]],
  expansion: (x) => {
    const magnitude = abs.of(x);
    const z = mul.of(x, x);
    // On [−0.9, 0.9]: x + x p(x²), relative error 1e-9.
    const p = polynomial(
      z,
      [0.12837917, -0.3761263, 0.11283623, -0.026855407, 0.0051912405, -0.0008032781, 7.9098674e-5],
    );
    // On [0.9, 4]: 1 − exp q(|x|), absolute error 2e-9; from 4 on, 1 in f32.
    const q = polynomial(
      min.of(magnitude, 4),
      [-0.00017749374, -1.1277496, -0.63705975, -0.10403738, 0.022277113, -0.0030556193, 0.00019718349],
    );
    const far = sub.of(1, exp.of(q));
    const outer = select.of(less.of(x, 0), neg.of(far), far);
    return select.of(less.of(magnitude, 0.9), add.of(x, mul.of(x, p)), outer);
  },
  ulp: 1.5,
  range: [everyFloat],
});

/** 1 − erf x, accurate where that cancels. */
export const erfc = scalarFunction({
  name: "erfc",
  arity: 1,
  signature: floats,
  evaluate: erfcOf,
  formula: "1 − erf x",
  derivative: [([x]) => neg.of(density(x as Expression))],
  domain: [[-3, 3]],
  expansion: (x) => {
    const tail = gaussianTail(abs.of(x), 1, 1);
    return select.of(less.of(x, 0), sub.of(2, tail), tail);
  },
  ulp: 4.5,
  range: [[-12, 12]],
});
