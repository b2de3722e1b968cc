/**
 * Parts of an f32: powers of two by their exponent bits, and the exponential and the logarithm in pieces, from which the
 * functions that need more care than exp and log are put together.
 *
 * Coefficients of polynomials here and in the families: minimax by weighted least squares (Lawson's iteration), each
 * rounded to f32 and the rest fitted again. The intervals and errors are given at each.
 */

import { add, div, mul, sub } from "./arithmetic.ts";
import { less, select } from "./comparison.ts";
import { bitsToF32, f32ToBits, toF32, toI32 } from "./conversion.ts";
import type { Expression } from "./expression.ts";
import { max, min } from "./extremes.ts";
import { shl, shrs } from "./integer.ts";
import { and } from "./logic.ts";
import { polynomial } from "./polynomial.ts";
import { nearest } from "./rounding.ts";

/** ln 2 in two pieces: the first has 10 bits, so that its product with an exponent is exact. */
const ln2High = 0.693359375;
const ln2Low = -2.1219444170128554e-4;

/** 2ⁿ for an integer from −126 to 127; infinity for 128. */
export const powerOfTwo = (n: Expression): Expression => bitsToF32.of(shl.of(add.of(n, 127), 23));

/** x · 2ⁿ, rounded once, for n from −252 to 254. */
export const scale = (x: Expression, n: Expression): Expression => {
  const half = shrs.of(n, 1);
  return mul.of(mul.of(x, powerOfTwo(half)), powerOfTwo(sub.of(n, half)));
};

/** x without the lower half of its fraction: 12 bits, whose products with 12 bits are exact. */
export const upperHalf = (x: Expression): Expression => bitsToF32.of(and.of(f32ToBits.of(x), ~0xfff));

/**
 * exp(x) = (1 + tail) · 2ⁿ with |tail| below 0.42 and accurate relative to itself; x is first clamped to [low, high], at
 * most [−170, 170].
 *
 * With x = n ln 2 + r, |r| ≤ ln 2 / 2: tail = r + r² p(r), relative error 3e-9.
 */
export const exponentialParts = (
  x: Expression,
  low: number,
  high: number,
): { readonly tail: Expression; readonly n: Expression } => {
  const bounded = min.of(max.of(x, low), high);
  const n = nearest.of(mul.of(bounded, Math.LOG2E));
  const r = sub.of(sub.of(bounded, mul.of(n, ln2High)), mul.of(n, ln2Low));
  const p = polynomial(r, [0.5, 0.1666652, 0.041666415, 0.008368823, 0.0013939511]);
  return { tail: add.of(r, mul.of(mul.of(r, r), p)), n: toI32.of(n) };
};

/** factor ↦ exp(x) · factor, rounded as one product even where exp(x) alone overflows or is subnormal. */
export const exponentialTimes = (x: Expression): ((factor: Expression | number) => Expression) => {
  const { tail, n } = exponentialParts(x, -170, 170);
  const mantissa = add.of(1, tail);
  return (factor) => scale(factor === 1 ? mantissa : mul.of(mantissa, factor), n);
};

/**
 * log x = n ln 2 + log m with √½ ≤ m < √2, for x from 2⁻¹⁴⁹ to the largest float.
 *
 * With f = m − 1 (exact), s = f / (2 + f), z = s²: log m = f − (f²/2 − s (f²/2 + z p(z))), absolute error 3e-10 |s|.
 */
export interface LogarithmParts {
  readonly n: Expression;
  readonly f: Expression;
  /** f²/2 */
  readonly half: Expression;
  /** s (f²/2 + z p(z)) */
  readonly rest: Expression;
}

export const logarithmParts = (x: Expression): LogarithmParts => {
  const small = less.of(x, 2 ** -126);
  const bits = f32ToBits.of(select.of(small, mul.of(x, 2 ** 23), x));
  // The exponent counts from √½, whose bits are these.
  const shifted = sub.of(bits, 0x3f3504f3);
  const n = sub.of(toF32.of(shrs.of(shifted, 23)), select.of(small, 23, 0));
  const f = sub.of(bitsToF32.of(add.of(and.of(shifted, 0x7fffff), 0x3f3504f3)), 1);
  const s = div.of(f, add.of(2, f));
  const z = mul.of(s, s);
  const half = mul.of(0.5, mul.of(f, f));
  const p = polynomial(z, [0.66666776, 0.39977568, 0.2987146]);
  return { n, f, half, rest: mul.of(s, add.of(half, mul.of(z, p))) };
};

/** log m of the parts. */
export const logarithmOfMantissa = ({ f, half, rest }: LogarithmParts): Expression => sub.of(f, sub.of(half, rest));

/** log x of the parts, with a small correction added where it loses nothing. */
export const logarithmOfParts = ({ n, f, half, rest }: LogarithmParts, correction: Expression | number): Expression => {
  const low = add.of(mul.of(n, ln2Low), correction);
  return add.of(mul.of(n, ln2High), sub.of(f, sub.of(half, add.of(rest, low))));
};
