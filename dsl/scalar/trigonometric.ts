/**
 * Sine, cosine, tangent.
 *
 * In f32, x = n π/2 + r with |r| ≤ π/4 by Cody and Waite: π/2 in pieces of 8 bits, whose products with n up to 2¹⁶ are
 * exact. So results have the stated error up to |x| = 10⁵, zeros included; beyond, the error is that of an argument off
 * by a few units in its last place, and past 2²³, where floats are a radian apart, the result is NaN.
 */

import { add, div, mul, neg, sub } from "./arithmetic.ts";
import { equal, lessEqual, select } from "./comparison.ts";
import { toI32 } from "./conversion.ts";
import type { Expression } from "./expression.ts";
import { abs } from "./extremes.ts";
import { scalarFunction } from "./function.ts";
import { and } from "./logic.ts";
import { polynomial } from "./polynomial.ts";
import { nearest } from "./rounding.ts";
import { floats } from "./signature.ts";

const wide = [-8, 8] as const;
const reduced = [-1e5, 1e5] as const;

/** π/2, to 66 bits. */
const quarter = [
  1.5703125, 4.84466552734375e-4, -6.407499313354492e-7, 9.89530235528946e-10, 2.5633440682570896e-12,
] as const;

interface Turned {
  /** n mod 4 */
  readonly quadrant: Expression;
  readonly sine: Expression;
  readonly cosine: Expression;
}

const turn = (x: Expression): Turned => {
  const n = nearest.of(mul.of(x, 2 / Math.PI));
  const remainder = quarter.reduce((rest: Expression, piece) => sub.of(rest, mul.of(n, piece)), x);
  const r = select.of(lessEqual.of(abs.of(x), 2 ** 23), remainder, Number.NaN);
  const z = mul.of(r, r);
  // On [−π/4, π/4], relative error 4e-9 and absolute error 1e-10.
  const p = polynomial(z, [-0.16666655, 0.008332191, -0.00019518599]);
  const q = polynomial(z, [0.041666646, -0.0013887301, 2.4430668e-5]);
  return {
    quadrant: and.of(toI32.of(n), 3),
    sine: add.of(r, mul.of(mul.of(r, z), p)),
    cosine: add.of(sub.of(1, mul.of(0.5, z)), mul.of(mul.of(z, z), q)),
  };
};

const odd = (quadrant: Expression): Expression => equal.of(and.of(quadrant, 1), 1);
const upper = (quadrant: Expression): Expression => equal.of(and.of(quadrant, 2), 2);
const negatedWhere = (condition: Expression, x: Expression): Expression => select.of(condition, neg.of(x), x);

export const sin = scalarFunction({
  name: "sin",
  arity: 1,
  signature: floats,
  evaluate: Math.sin,
  formula: "sin x",
  derivative: [([x]): Expression => cos.of(x as Expression)],
  domain: [wide],
  expansion: (x) => {
    const { quadrant, sine, cosine } = turn(x);
    return negatedWhere(upper(quadrant), select.of(odd(quadrant), cosine, sine));
  },
  ulp: 3.5,
  range: [reduced],
});

export const cos = scalarFunction({
  name: "cos",
  arity: 1,
  signature: floats,
  evaluate: Math.cos,
  formula: "cos x",
  derivative: [([x]): Expression => neg.of(sin.of(x as Expression))],
  domain: [wide],
  expansion: (x) => {
    const { quadrant, sine, cosine } = turn(x);
    return negatedWhere(upper(add.of(quadrant, 1)), select.of(odd(quadrant), sine, cosine));
  },
  ulp: 3.5,
  range: [reduced],
});

export const tan = scalarFunction({
  name: "tan",
  arity: 1,
  signature: floats,
  evaluate: Math.tan,
  formula: "tan x",
  derivative: [(_, out) => add.of(1, mul.of(out, out))],
  domain: [[-1.2, 1.2]],
  expansion: (x) => {
    const { quadrant, sine, cosine } = turn(x);
    return select.of(odd(quadrant), div.of(neg.of(cosine), sine), div.of(sine, cosine));
  },
  ulp: 5.5,
  range: [reduced],
});
