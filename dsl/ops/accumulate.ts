/** The sum of two cotangents, where a value was used twice. */

import { add } from "../scalar/arithmetic.ts";
import { input } from "../scalar/expression.ts";
import type { AnyTensor } from "../tensor.ts";
import { applyExpression } from "./elementwise.ts";

export const accumulate = (sum: AnyTensor | undefined, ct: AnyTensor): AnyTensor =>
  sum === undefined ? ct : applyExpression("add", add.of(input(0), input(1)), ct.dtype, [sum, ct]);
