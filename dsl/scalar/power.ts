/** Powers and roots. */

import { add, div, mul, neg, sqrt, sub } from "./arithmetic.ts";
import { equal, less, lessEqual, notEqual, select } from "./comparison.ts";
import { bitsToF32, f32ToBits, toI32 } from "./conversion.ts";
import { constant, type Expression, isConstant } from "./expression.ts";
import { abs, max, min } from "./extremes.ts";
import { logarithmParts, scale, upperHalf } from "./float-parts.ts";
import { scalarFunction } from "./function.ts";
import { log } from "./logarithm.ts";
import { and, not, or } from "./logic.ts";
import { polynomial } from "./polynomial.ts";
import { nearest, trunc } from "./rounding.ts";
import { floats } from "./signature.ts";

const largest = 3.4028234663852886e38;
const positive = [0.25, 4] as const;

/** log₂ e in two pieces of 12 bits and the rest. */
const log2eHigh = 1.44189453125;
const log2eLow = Math.LOG2E - log2eHigh;

/**
 * log₂ x in two f32, the first of 12 bits, for positive finite x: relative error 2⁻²⁹ or so.
 *
 * log m = 2s + s z r(z), s = f / (2 + f): s and its quotient are carried in two pieces, since the result of a power
 * multiplies the error of the logarithm by up to 128.
 */
const log2InTwo = (x: Expression): readonly [Expression, Expression] => {
  const { n, f } = logarithmParts(x);
  const below = add.of(2, f);
  const s = div.of(f, below);
  const sHigh = upperHalf(s);
  const belowHigh = upperHalf(below);
  const belowLow = sub.of(f, sub.of(belowHigh, 2));
  const sLow = div.of(sub.of(sub.of(f, mul.of(sHigh, belowHigh)), mul.of(sHigh, belowLow)), below);
  const z = mul.of(s, s);
  const rest = add.of(mul.of(2, sLow), mul.of(mul.of(s, z), polynomial(z, atanhSeries)));
  // log₂ m = 2 sHigh log₂e + …: the first product is exact.
  const twice = mul.of(2, sHigh);
  const product = mul.of(twice, log2eHigh);
  const low = add.of(mul.of(twice, log2eLow), mul.of(rest, Math.LOG2E));
  const high = upperHalf(add.of(n, add.of(product, low)));
  return [high, add.of(sub.of(product, sub.of(high, n)), low)];
};
/** r: 2/3 + 2z/5 + …, absolute error 5e-11 z for z up to 0.0295. */
const atanhSeries = [0.6666666, 0.40000972, 0.28498793, 0.24278833] as const;

/** 2^(y log₂ x) for positive finite x and finite y. */
const positivePower = (x: Expression, y: Expression): Expression => {
  const [high, low] = log2InTwo(x);
  // Past ±2³³ every power but that of 1 has left the range.
  const exponent = min.of(max.of(y, -(2 ** 33)), 2 ** 33);
  const upper = upperHalf(exponent);
  const first = mul.of(upper, high);
  const second = add.of(mul.of(sub.of(exponent, upper), high), mul.of(exponent, low));
  const total = min.of(max.of(add.of(first, second), -200), 200);
  const n = nearest.of(total);
  const inside = less.of(abs.of(total), 200);
  const r = select.of(inside, add.of(sub.of(first, n), second), 0);
  const t = mul.of(r, Math.LN2);
  const p = polynomial(t, [1, 0.5, 0.1666652, 0.041666415, 0.008368823, 0.0013939511]);
  return scale(add.of(1, mul.of(t, p)), toI32.of(n));
};

/** As JavaScript's `**`: x⁰ is 1 even for NaN, and (±1)^±∞ is NaN. */
export const pow = scalarFunction({
  name: "pow",
  arity: 2,
  signature: floats,
  evaluate: (x: number, y: number) => x ** y,
  formula: "xʸ",
  derivative: [
    ([x, y]) => {
      const [base, exponent] = [x as Expression, y as Expression];
      const slope = (): Expression => mul.of(exponent, pow.of(base, sub.of(exponent, 1)));
      if (isConstant(exponent)) return exponent.value === 0 ? 0 : slope();
      return select.of(equal.of(exponent, 0), 0, slope());
    },
    // 0ʸ does not vary with y ≥ 0.
    ([x, y], out) =>
      select.of(
        and.of(equal.of(x as Expression, 0), lessEqual.of(0, y as Expression)),
        0,
        mul.of(out, log.of(x as Expression)),
      ),
  ],
  domain: [positive, [-3, 3]],
  expansion: (x, y) => {
    const magnitude = abs.of(x);
    const isZero = equal.of(magnitude, 0);
    const isInfinite = less.of(largest, magnitude);
    const ordinary = and.of(lessEqual.of(magnitude, largest), not.of(isZero));
    const grows = less.of(0, y);
    const atZero = select.of(grows, 0, Infinity);
    const atInfinity = select.of(grows, Infinity, 0);
    const size = select.of(ordinary, positivePower(magnitude, y), select.of(isZero, atZero, atInfinity));
    const oneToInfinity = and.of(equal.of(magnitude, 1), less.of(largest, abs.of(y)));
    const isWhole = equal.of(trunc.of(y), y);
    const half = mul.of(0.5, y);
    const isOdd = and.of(isWhole, notEqual.of(trunc.of(half), half));
    const isNegative = less.of(f32ToBits.of(x), 0);
    const signed = select.of(and.of(isNegative, isOdd), neg.of(size), size);
    const refused = or.of(and.of(less.of(x, 0), and.of(not.of(isWhole), not.of(isInfinite))), oneToInfinity);
    const unordered = or.of(notEqual.of(x, x), notEqual.of(y, y));
    return select.of(equal.of(y, 0), 1, select.of(or.of(unordered, refused), Number.NaN, signed));
  },
  ulp: 2.5,
  range: [
    [1e-38, 3e38],
    [-100, 100],
  ],
});

export const cbrt = scalarFunction({
  name: "cbrt",
  arity: 1,
  signature: floats,
  evaluate: Math.cbrt,
  formula: "∛x",
  derivative: [(_, out) => div.of(1, mul.of(3, mul.of(out, out)))],
  domain: [[0.25, 8]],
  expansion: (x) => {
    const magnitude = abs.of(x);
    const small = less.of(magnitude, 2 ** -90);
    const large = less.of(2 ** 90, magnitude);
    const scaled = mul.of(magnitude, select.of(small, 2 ** 60, select.of(large, 2 ** -60, 1)));
    // A third of the exponent by a third of the bits, then Halley's iteration: 5, 15 and 24 bits.
    const bits = add.of(div.of(f32ToBits.of(scaled), constant(3, "i32")), 0x2a514067);
    const halley = (t: Expression): Expression => {
      const cube = mul.of(t, mul.of(t, t));
      const excess = div.of(sub.of(cube, scaled), add.of(add.of(cube, cube), scaled));
      return sub.of(t, mul.of(t, excess));
    };
    // The first root is cut to 12 bits, so that its square is exact.
    const root = halley(upperHalf(halley(bitsToF32.of(bits))));
    const unscaled = mul.of(root, select.of(small, 2 ** -20, select.of(large, 2 ** 20, 1)));
    const signed = select.of(less.of(x, 0), neg.of(unscaled), unscaled);
    const ordinary = and.of(less.of(0, magnitude), lessEqual.of(magnitude, largest));
    return select.of(ordinary, signed, x);
  },
  ulp: 1,
  range: [[-3.4e38, 3.4e38]],
});

/** √(a² + b²) without overflow on the way; ∞ where an operand is infinite, even beside NaN. */
export const hypot = scalarFunction({
  name: "hypot",
  arity: 2,
  signature: floats,
  evaluate: (a: number, b: number) => Math.hypot(a, b),
  formula: "√(a² + b²)",
  derivative: [([a], out) => div.of(a as Expression, out), ([, b], out) => div.of(b as Expression, out)],
  domain: [
    [-8, 8],
    [0.25, 8],
  ],
  expansion: (a, b) => {
    const longer = max.of(abs.of(a), abs.of(b));
    const ratio = div.of(min.of(abs.of(a), abs.of(b)), longer);
    const length = mul.of(longer, sqrt.of(add.of(1, mul.of(ratio, ratio))));
    const infinite = or.of(less.of(largest, abs.of(a)), less.of(largest, abs.of(b)));
    return select.of(infinite, Infinity, select.of(equal.of(longer, 0), longer, length));
  },
  ulp: 2.5,
  range: [
    [-1e30, 1e30],
    [-1e30, 1e30],
  ],
});
