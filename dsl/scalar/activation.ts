/** Activation functions of networks. */

import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { less, select } from "./comparison.ts";
import { erfc } from "./error-function.ts";
import { exp, expm1 } from "./exponential.ts";
import type { Expression } from "./expression.ts";
import { abs, max, min } from "./extremes.ts";
import { exponentialParts, powerOfTwo } from "./float-parts.ts";
import { scalarFunction } from "./function.ts";
import { gaussianTail } from "./gaussian-tail.ts";
import { log1p } from "./logarithm.ts";
import { floats } from "./signature.ts";

const usual = [-4, 4] as const;
const exponents = [-88, 110] as const;

const negativeMagnitude = (x: Expression): Expression => neg.of(abs.of(x));

const sigmoidOf = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

/**
 * factor / (1 + e⁻ˣ). Below −88.3 e⁻ˣ is infinite here, and the result 0: what it would be is below 1e-36, and costs a third
 * more operations.
 */
const sigmoidTimes = (x: Expression, factor: Expression | number): Expression => {
  const { tail, n } = exponentialParts(neg.of(x), -87, 89);
  return div.of(factor, add.of(1, mul.of(add.of(1, tail), powerOfTwo(n))));
};

/** Where x sigmoid(x) and x Φ(x) are 0, in f64 too: a factor kept above it makes the limit at −∞ 0, not ∞ · 0. */
const vanished = -1000;

export const sigmoid = scalarFunction({
  name: "sigmoid",
  arity: 1,
  signature: floats,
  evaluate: sigmoidOf,
  formula: "1 / (1 + e⁻ˣ)",
  derivative: [(_, out) => mul.of(out, sub.of(1, out))],
  domain: [usual],
  expansion: (x) => sigmoidTimes(x, 1),
  ulp: 3,
  range: [exponents],
});

/** Swish with β = 1 (arXiv 1702.03118). */
export const silu = scalarFunction({
  name: "silu",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => Math.max(x, vanished) * sigmoidOf(x),
  formula: "x / (1 + e⁻ˣ)",
  derivative: [
    ([x], out) => {
      const gate = sigmoid.of(x as Expression);
      return add.of(gate, mul.of(out, sub.of(1, gate)));
    },
  ],
  domain: [usual],
  expansion: (x) => sigmoidTimes(x, max.of(x, -150)),
  ulp: 3.5,
  range: [exponents],
});

/** Φ(x), the normal distribution function. */
const normalOf = (x: Expression): Expression => mul.of(0.5, erfc.of(mul.of(x, -Math.SQRT1_2)));

/** The form with erf (arXiv 1606.08415); `geluTanh` is its approximation. */
export const gelu = scalarFunction({
  name: "gelu",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => 0.5 * Math.max(x, vanished) * erfc(-x * Math.SQRT1_2),
  formula: "x Φ(x) = x/2 · (1 + erf(x/√2))",
  derivative: [
    ([x]) => {
      const at = x as Expression;
      const density = mul.of(1 / Math.sqrt(2 * Math.PI), exp.of(mul.of(-0.5, mul.of(at, at))));
      return add.of(normalOf(at), mul.of(at, density));
    },
  ],
  domain: [usual],
  expansion: (x) => {
    const tail = gaussianTail(abs.of(x), 0.5, mul.of(0.5, max.of(min.of(x, 16), -16)));
    return select.of(less.of(x, 0), tail, sub.of(x, tail));
  },
  ulp: 4.5,
  range: [[-14, 100]],
});

const geluSlope = Math.sqrt(2 / Math.PI);
const geluCubic = 0.044715;

/** gelu with tanh(√(2/π) (x + 0.044715 x³)) for the erf, as 1 + tanh u = 2 sigmoid(2u). */
export const geluTanh = scalarFunction({
  name: "geluTanh",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => Math.max(x, vanished) * sigmoidOf(2 * geluSlope * (x + geluCubic * x ** 3)),
  formula: "x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))",
  derivative: [
    ([x]) => {
      const at = x as Expression;
      const square = mul.of(at, at);
      const gate = sigmoid.of(mul.of(mul.of(2 * geluSlope, at), add.of(1, mul.of(geluCubic, square))));
      const slope = mul.of(2 * geluSlope, add.of(1, mul.of(3 * geluCubic, square)));
      return add.of(gate, mul.of(mul.of(at, slope), mul.of(gate, sub.of(1, gate))));
    },
  ],
  domain: [usual],
  expansion: (x) => {
    const bounded = min.of(max.of(x, -30), 30);
    const cubic = add.of(1, mul.of(geluCubic, mul.of(bounded, bounded)));
    return sigmoidTimes(mul.of(mul.of(2 * geluSlope, bounded), cubic), max.of(x, -30));
  },
  ulp: 24,
  range: [[-4, 100]],
});

export const softplus = scalarFunction({
  name: "softplus",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  formula: "ln(1 + eˣ)",
  derivative: [([x]) => sigmoid.of(x as Expression)],
  domain: [usual],
  expansion: (x) => add.of(max.of(x, 0), log1p.of(exp.of(negativeMagnitude(x)))),
  ulp: 2,
  range: [exponents],
});

export const logSigmoid = scalarFunction({
  name: "logSigmoid",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
  formula: "−ln(1 + e⁻ˣ)",
  derivative: [([x]) => sigmoid.of(neg.of(x as Expression))],
  domain: [usual],
  expansion: (x) => sub.of(min.of(x, 0), log1p.of(exp.of(negativeMagnitude(x)))),
  ulp: 2,
  range: [exponents],
});

/** The derivative at 0 is the slope. */
export const leakyRelu = scalarFunction({
  name: "leakyRelu",
  arity: 2,
  signature: floats,
  evaluate: (x: number, slope: number) => (x > 0 ? x : slope * x),
  formula: "x where x > 0, else slope · x",
  derivative: [
    ([x, slope]) => select.of(less.of(0, x as Expression), 1, slope as Expression),
    ([x]) => select.of(less.of(0, x as Expression), 0, x as Expression),
  ],
  domain: [usual, [0.01, 0.3]],
  kinks: [0],
  expansion: (x, slope) => select.of(less.of(0, x), x, mul.of(slope, x)),
  ulp: 0.5,
});

/** The derivative at 0 is alpha. */
export const elu = scalarFunction({
  name: "elu",
  arity: 2,
  signature: floats,
  evaluate: (x: number, alpha: number) => (x > 0 ? x : alpha * Math.expm1(x)),
  formula: "x where x > 0, else α (eˣ − 1)",
  derivative: [
    ([x, alpha]) => select.of(less.of(0, x as Expression), 1, mul.of(alpha as Expression, exp.of(x as Expression))),
    ([x]) => select.of(less.of(0, x as Expression), 0, expm1.of(x as Expression)),
  ],
  domain: [usual, [0.5, 2]],
  kinks: [0],
  expansion: (x, alpha) => select.of(less.of(0, x), x, mul.of(alpha, expm1.of(x))),
  ulp: 3,
});

/** x kept in [−1, 1]. The derivative at ±1 is 0, where that of `clamp` is 1. */
export const hardtanh = scalarFunction({
  name: "hardtanh",
  arity: 1,
  signature: floats,
  evaluate: (x: number) => Math.min(Math.max(x, -1), 1),
  formula: "min(max(x, −1), 1)",
  derivative: [([x]) => select.of(less.of(abs.of(x as Expression), 1), 1, 0)],
  domain: [usual],
  kinks: [-1, 1],
  expansion: (x) => min.of(max.of(x, -1), 1),
  ulp: 0,
  range: [[-3e38, 3e38]],
});
