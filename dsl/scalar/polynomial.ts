/** Polynomials with constant coefficients. */

import { add, mul } from "./arithmetic.ts";
import type { Expression } from "./expression.ts";

/** c₀ + c₁ x + c₂ x² + …, by Horner's rule. */
export const polynomial = (x: Expression, coefficients: readonly number[]): Expression =>
  coefficients
    .slice(0, -1)
    .reduceRight<Expression | number>(
      (sum, c) => add.of(mul.of(sum, x), c),
      coefficients.at(-1) as number,
    ) as Expression;
