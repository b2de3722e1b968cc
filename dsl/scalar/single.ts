/** Expressions in f32 steps: what a target computes that rounds every base operation to f32. */

import { expand } from "./base.ts";
import { type Call, type Expression, toFunction, type Value } from "./expression.ts";

const roundedCall = ({ fn, args, type }: Call): ((...args: Value[]) => Value) => {
  if (fn.single !== undefined) return fn.single as (...args: Value[]) => Value;
  const evaluate = fn.meaningFor(args.map(({ type }) => type));
  // An f64 result of f32 operands rounds to the f32 result, for each base operation without a `single` of its own:
  // 53 bits are more than twice 24 and two.
  return type === "f32" ? (...args) => Math.fround(evaluate(...args) as number) : evaluate;
};

/** The expression, expanded to base operations, each rounded once to f32. Inputs are f32 numbers. */
export const singleFunction = (root: Expression): ((...inputs: readonly Value[]) => Value) =>
  toFunction(expand(root), roundedCall, ({ value, type }) => (type === "f32" ? Math.fround(value as number) : value));
