/** The upper tail of a normal distribution in f32, relative to itself. */

import { add, div, mul, sub } from "./arithmetic.ts";
import type { Expression } from "./expression.ts";
import { min } from "./extremes.ts";
import { exponentialParts, scale, upperHalf } from "./float-parts.ts";
import { polynomial } from "./polynomial.ts";

/**
 * erfc(√half x) · factor for x ≥ 0 and half 1 or ½, rounded as one product even where the tail alone is subnormal.
 *
 * erfc(a) = exp(−a²) c(q) / (1 + 2a) with q = (a − 2) / (a + 2): c is smooth on [−1, 1), and the polynomial's relative
 * error is 2e-8 up to a = 11. The square in the exponential is taken in two pieces, the first exact, since its error
 * would be multiplied by x².
 */
export const gaussianTail = (x: Expression, half: 1 | 0.5, factor: Expression | number): Expression => {
  const bounded = min.of(x, half === 1 ? 11 : 15.5);
  const a = half === 1 ? bounded : mul.of(bounded, Math.SQRT1_2);
  const q = div.of(sub.of(a, 2), add.of(a, 2));
  const c = polynomial(
    q,
    [
      1.2769784, -0.092763945, -0.16603118, 0.16405523, -0.05420445, -0.008060203, 0.008628173, 0.0013126446,
      -0.0012231572, -0.00039594717,
    ],
  );
  const upper = upperHalf(bounded);
  const rest = mul.of(mul.of(sub.of(upper, bounded), add.of(upper, bounded)), half);
  const { tail, n } = exponentialParts(mul.of(mul.of(upper, upper), -half), -170, 0);
  // e^rest − 1, |rest| below 0.1
  const small = mul.of(rest, polynomial(rest, [1, 0.5, 0.16666667, 0.041666668]));
  const product = add.of(1, add.of(tail, mul.of(small, add.of(1, tail))));
  return scale(mul.of(mul.of(product, div.of(c, add.of(1, mul.of(2, a)))), factor), n);
};
