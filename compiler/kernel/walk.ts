/** Visits the values of statements. */

import type { Condition, Statement, Value } from "./kernel.ts";
import { operandsOf } from "./operands.ts";

const visitValue = (value: Value, visit: (value: Value) => void): void => {
  visit(value);
  for (const operand of operandsOf(value)) visitValue(operand, visit);
};

const valuesOf = (statement: Statement): readonly Value[] => {
  switch (statement.kind) {
    case "let":
    case "var":
    case "assign":
    case "bind":
    case "store":
      return [statement.value];
    case "if":
      return statement.when.flatMap((condition: Condition) => (condition.kind === "value" ? [condition.value] : []));
    default:
      return [];
  }
};

/** Calls `visit` with each value that a statement computes itself, and with the operands; not of statements inside it. */
export const eachValue = (statement: Statement, visit: (value: Value) => void): void => {
  for (const value of valuesOf(statement)) visitValue(value, visit);
};
