/** Hyperbolic functions and their inverses. */

import { add, div, mul, neg, sqrt, sub } from "./arithmetic.ts";
import { less, lessEqual, select } from "./comparison.ts";
import { exp } from "./exponential.ts";
import type { Expression } from "./expression.ts";
import { abs } from "./extremes.ts";
import { exponentialTimes } from "./float-parts.ts";
import { scalarFunction } from "./function.ts";
import { log, log1p } from "./logarithm.ts";
import { polynomial } from "./polynomial.ts";
import { floats } from "./signature.ts";

const everyFloat = [-3.4e38, 3.4e38] as const;
const exponents = [-95, 95] as const;

const withSignOf = (x: Expression, magnitude: Expression): Expression =>
  select.of(less.of(x, 0), neg.of(magnitude), magnitude);

/** x + x³ p(x²) */
const oddPolynomial = (x: Expression, coefficients: readonly number[]): Expression => {
  const z = mul.of(x, x);
  return add.of(x, mul.of(mul.of(x, z), polynomial(z, coefficients)));
};

/** 1 / (4 half) = e^−x / 2, beside half = e^x / 2. */
const otherHalf = (half: Expression): Expression => div.of(0.25, half);

export const sinh = scalarFunction({
  name: "sinh",
  arity: 1,
  signature: floats,
  evaluate: Math.sinh,
  formula: "sinh x",
  derivative: [([x]): Expression => cosh.of(x as Expression)],
  domain: [[-3, 3]],
  expansion: (x) => {
    const magnitude = abs.of(x);
    const half = exponentialTimes(magnitude)(0.5);
    // On [−1, 1], relative error 3e-10.
    const near0 = oddPolynomial(x, [0.16666667, 0.008333311, 0.00019842635, 2.7839255e-6]);
    const inner = lessEqual.of(magnitude, 1);
    return select.of(inner, near0, withSignOf(x, sub.of(half, otherHalf(half))));
  },
  ulp: 2,
  range: [exponents],
});

export const cosh = scalarFunction({
  name: "cosh",
  arity: 1,
  signature: floats,
  evaluate: Math.cosh,
  formula: "cosh x",
  derivative: [([x]): Expression => sinh.of(x as Expression)],
  domain: [[-3, 3]],
  expansion: (x) => {
    const half = exponentialTimes(abs.of(x))(0.5);
    return add.of(half, otherHalf(half));
  },
  ulp: 2,
  range: [exponents],
});

export const tanh = scalarFunction({
  name: "tanh",
  arity: 1,
  signature: floats,
  evaluate: Math.tanh,
  formula: "tanh x",
  derivative: [(_, out) => mul.of(sub.of(1, out), add.of(1, out))],
  domain: [[-3, 3]],
  expansion: (x) => {
    const magnitude = abs.of(x);
    // On [−⅝, ⅝], relative error 4e-9.
    const near0 = oddPolynomial(x, [-0.33333284, 0.13331485, -0.053743005, 0.020649103, -0.005715499]);
    const far = sub.of(1, div.of(2, add.of(exp.of(mul.of(2, magnitude)), 1)));
    return select.of(less.of(magnitude, 0.625), near0, withSignOf(x, far));
  },
  ulp: 1.5,
  range: [everyFloat],
});

/** Past this, √(x² ± 1) is |x| in f32. */
const asymptotic = 8192;

export const asinh = scalarFunction({
  name: "asinh",
  arity: 1,
  signature: floats,
  evaluate: Math.asinh,
  formula: "arsinh x",
  derivative: [([x]) => div.of(1, sqrt.of(add.of(mul.of(x as Expression, x as Expression), 1)))],
  domain: [[-8, 8]],
  expansion: (x) => {
    const magnitude = abs.of(x);
    // log(x + √(x² + 1)), as log1p of what exceeds 1.
    const z = mul.of(magnitude, magnitude);
    const inner = log1p.of(add.of(magnitude, div.of(z, add.of(1, sqrt.of(add.of(z, 1))))));
    const outer = add.of(log.of(magnitude), Math.LN2);
    return withSignOf(x, select.of(less.of(magnitude, asymptotic), inner, outer));
  },
  ulp: 2,
  range: [everyFloat],
});

export const acosh = scalarFunction({
  name: "acosh",
  arity: 1,
  signature: floats,
  evaluate: Math.acosh,
  formula: "arcosh x",
  derivative: [([x]) => div.of(1, mul.of(sqrt.of(sub.of(x as Expression, 1)), sqrt.of(add.of(x as Expression, 1))))],
  domain: [[1.1, 8]],
  expansion: (x) => {
    const excess = sub.of(x, 1);
    const inner = log1p.of(add.of(excess, sqrt.of(mul.of(excess, add.of(excess, 2)))));
    const outer = add.of(log.of(x), Math.LN2);
    return select.of(less.of(x, 1), Number.NaN, select.of(less.of(x, asymptotic), inner, outer));
  },
  ulp: 2.5,
  range: [[1, 3.4e38]],
});

export const atanh = scalarFunction({
  name: "atanh",
  arity: 1,
  signature: floats,
  evaluate: Math.atanh,
  formula: "artanh x",
  derivative: [([x]) => div.of(1, mul.of(sub.of(1, x as Expression), add.of(1, x as Expression)))],
  domain: [[-0.9, 0.9]],
  expansion: (x) => {
    const magnitude = abs.of(x);
    const ratio = div.of(mul.of(2, magnitude), sub.of(1, magnitude));
    return withSignOf(x, mul.of(0.5, log1p.of(ratio)));
  },
  ulp: 2.5,
  range: [[-1, 1]],
});
