/** Arcus functions. */

import { add, div, mul, neg, sqrt, sub } from "./arithmetic.ts";
import { equal, less, lessEqual, select } from "./comparison.ts";
import { f32ToBits } from "./conversion.ts";
import type { Expression } from "./expression.ts";
import { abs, max, min } from "./extremes.ts";
import { scalarFunction } from "./function.ts";
import { polynomial } from "./polynomial.ts";
import { floats } from "./signature.ts";

const largest = 3.4028234663852886e38;
const everyFloat = [-3.4e38, 3.4e38] as const;

/** π as an f32 and what that lost. */
const piHigh = 3.1415927410125732;
const piLow = -8.742277657347586e-8;

const withSignOf = (x: Expression, magnitude: Expression): Expression =>
  select.of(less.of(f32ToBits.of(x), 0), neg.of(magnitude), magnitude);

/** √(1 − x²), which does not cancel near ±1. */
const complement = (x: Expression): Expression => sqrt.of(mul.of(sub.of(1, x), add.of(1, x)));

/** asin r for |r| ≤ ½, from r² and r: relative error 5e-9. */
const asinNear0 = (z: Expression, r: Expression): Expression =>
  add.of(r, mul.of(mul.of(r, z), polynomial(z, [0.16666754, 0.07495252, 0.04547604, 0.024152093, 0.042211797])));

/** What asin and acos share: asin of |x| where that is at most ½, else asin √((1 − |x|) / 2). */
const nearest0 = (x: Expression): { readonly inner: Expression; readonly angle: Expression } => {
  const magnitude = abs.of(x);
  const inner = lessEqual.of(magnitude, 0.5);
  const z = select.of(inner, mul.of(x, x), mul.of(0.5, sub.of(1, magnitude)));
  return { inner, angle: asinNear0(z, select.of(inner, magnitude, sqrt.of(z))) };
};

export const asin = scalarFunction({
  name: "asin",
  arity: 1,
  signature: floats,
  evaluate: Math.asin,
  formula: "arcsin x",
  derivative: [([x]) => div.of(1, complement(x as Expression))],
  domain: [[-0.95, 0.95]],
  expansion: (x) => {
    const { inner, angle } = nearest0(x);
    const outer = sub.of(piHigh / 2, sub.of(mul.of(2, angle), piLow / 2));
    return withSignOf(x, select.of(inner, angle, outer));
  },
  ulp: 2.5,
  range: [[-1, 1]],
});

export const acos = scalarFunction({
  name: "acos",
  arity: 1,
  signature: floats,
  evaluate: Math.acos,
  formula: "arccos x",
  derivative: [([x]) => div.of(-1, complement(x as Expression))],
  domain: [[-0.95, 0.95]],
  expansion: (x) => {
    const { inner, angle } = nearest0(x);
    const near0 = sub.of(piHigh / 2, sub.of(withSignOf(x, angle), piLow / 2));
    const double = mul.of(2, angle);
    const near1 = select.of(less.of(x, 0), sub.of(piHigh, sub.of(double, piLow)), double);
    return select.of(inner, near0, near1);
  },
  ulp: 1.5,
  range: [[-1, 1]],
});

/**
 * atan x for x ≥ 0: the argument is moved below tan(π/8) by atan x = π/4 + atan((x − 1) / (x + 1)) and
 * atan x = π/2 − atan(1/x). Relative error of the polynomial 7e-10.
 */
const arc = (x: Expression): Expression => {
  const large = less.of(Math.SQRT2 + 1, x);
  const middle = less.of(Math.SQRT2 - 1, x);
  const numerator = select.of(large, -1, select.of(middle, sub.of(x, 1), x));
  const denominator = select.of(large, x, select.of(middle, add.of(x, 1), 1));
  const start = select.of(large, piHigh / 2, select.of(middle, piHigh / 4, 0));
  const lost = select.of(large, piLow / 2, select.of(middle, piLow / 4, 0));
  const t = div.of(numerator, denominator);
  const z = mul.of(t, t);
  const p = polynomial(z, [-0.33333316, 0.1999853, -0.14244425, 0.105994076, -0.06090559]);
  return add.of(start, add.of(t, add.of(mul.of(mul.of(t, z), p), lost)));
};

export const atan = scalarFunction({
  name: "atan",
  arity: 1,
  signature: floats,
  evaluate: Math.atan,
  formula: "arctan x",
  derivative: [([x]) => div.of(1, add.of(1, mul.of(x as Expression, x as Expression)))],
  domain: [[-8, 8]],
  expansion: (x) => withSignOf(x, arc(abs.of(x))),
  ulp: 2,
  range: [everyFloat],
});

/** The angle of the point (x, y), from −π to π, as `Math.atan2(y, x)`. */
export const atan2 = scalarFunction({
  name: "atan2",
  arity: 2,
  signature: floats,
  evaluate: (y: number, x: number) => Math.atan2(y, x),
  formula: "angle of (x, y)",
  derivative: [
    ([y, x]) => div.of(x as Expression, squaredRadius(x as Expression, y as Expression)),
    ([y, x]) => neg.of(div.of(y as Expression, squaredRadius(x as Expression, y as Expression))),
  ],
  domain: [
    [-8, 8],
    [0.25, 8],
  ],
  expansion: (y, x) => {
    const height = abs.of(y);
    const width = abs.of(x);
    const longer = max.of(height, width);
    const shorter = min.of(height, width);
    // 0 / 0 counts as 0, ∞ / ∞ as 1.
    const ratio = select.of(less.of(largest, shorter), 1, div.of(shorter, longer));
    const angle = arc(select.of(equal.of(longer, 0), 0, ratio));
    const fromAxis = select.of(less.of(width, height), sub.of(piHigh / 2, sub.of(angle, piLow / 2)), angle);
    const left = less.of(f32ToBits.of(x), 0);
    return withSignOf(y, select.of(left, sub.of(piHigh, sub.of(fromAxis, piLow)), fromAxis));
  },
  ulp: 2.5,
  range: [
    [-1e6, 1e6],
    [-1e6, 1e6],
  ],
});

const squaredRadius = (x: Expression, y: Expression): Expression => add.of(mul.of(x, x), mul.of(y, y));
