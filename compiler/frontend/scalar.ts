/** Values inside the lambda of a `map`: expressions of one element, and the integer forms that JavaScript and devices share. */

import { type Expression, input, type ScalarType } from "../../dsl/scalar/expression.ts";

const SCALAR: unique symbol = Symbol("scalar");

/**
 * A number or boolean that is known only for each element.
 *
 * `exact` is the exact integer that JavaScript holds between an integer operation and the `| 0` or `>>> 0` around it:
 * a sum of integers ("sum"), or a quotient before Math.trunc ("quotient").
 */
export interface ScalarValue {
  readonly [SCALAR]: true;
  readonly expression: Expression;
  readonly exact?: "sum" | "quotient" | "truncated";
}

export const scalarValue = (expression: Expression, exact?: ScalarValue["exact"]): ScalarValue => ({
  [SCALAR]: true,
  expression,
  ...(exact && { exact }),
});

export const isScalarValue = (value: unknown): value is ScalarValue =>
  typeof value === "object" && value !== null && SCALAR in value;

export const elementOf = (index: number, type: ScalarType): ScalarValue => scalarValue(input(index, type));
