/** What values are computed from. */

import type { Value } from "./kernel.ts";

export const operandsOf = (value: Value): readonly Value[] => {
  switch (value.kind) {
    case "constant":
    case "local":
    case "index":
    case "load":
      return [];
    case "op":
      return value.args;
    case "splat":
    case "lane":
      return [value.value];
    case "vector":
      return value.values;
    default:
      return value satisfies never;
  }
};

/** The same value of other operands, as many as it has; itself where they are its own. */
export const withOperands = (value: Value, operands: readonly Value[]): Value => {
  const own = operandsOf(value);
  if (own.every((operand, i) => operand === operands[i])) return value;
  const [a, b, c, d] = operands as readonly [Value, Value, Value, Value];
  switch (value.kind) {
    case "op":
      return { ...value, args: operands };
    case "splat":
    case "lane":
      return { ...value, value: a };
    case "vector":
      return { ...value, values: [a, b, c, d] };
    default:
      return value;
  }
};

export const mapOperands = (value: Value, change: (operand: Value) => Value): Value =>
  withOperands(value, operandsOf(value).map(change));
