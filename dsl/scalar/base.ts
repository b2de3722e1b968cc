/** The base operations: what each target computes itself. Every other scalar function expands to these. */

import type { Call, Constant, Expression, Input } from "./expression.ts";

/**
 * Floats: arithmetic, rounding and comparisons of IEEE 754, `min` and `max` giving NaN where an operand is. Integers:
 * wrapping arithmetic, division that truncates and gives 0 for a zero divisor, shifts by the low five bits. `fma` may be
 * printed as a product and a sum where a target has none; no expansion uses it.
 */
export const baseOps = [
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "abs",
  "fma",
  "sqrt",
  "floor",
  "ceil",
  "trunc",
  "nearest",
  "min",
  "max",
  "equal",
  "less",
  "lessEqual",
  "select",
  "and",
  "or",
  "xor",
  "not",
  "shl",
  "shrs",
  "shru",
  "toF32",
  "toI32",
  "toU32",
  "bitsToF32",
  "f32ToBits",
] as const;

export type BaseOp = (typeof baseOps)[number];

/** The expression over base operations alone. Shared parts stay shared. */
export const expand = (root: Expression): Expression => {
  const done = new Map<Expression, Expression>();
  const visit = (node: Expression): Expression => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const expanded = node.kind === "call" ? expandCall(node) : node;
    done.set(node, expanded);
    return expanded;
  };
  const expandCall = ({ fn, args }: Call): Input | Constant | Call => {
    const operands = args.map(visit);
    return fn.expansion === "base" ? fn.of(...operands) : visit(fn.expansion(...operands));
  };
  return visit(root);
};
