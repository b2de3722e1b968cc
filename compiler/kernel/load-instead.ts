/** Kernels that load from another buffer, whose elements are the same in the same places. */

import type { Buffer, Statement, Value } from "./kernel.ts";
import { mapOperands } from "./operands.ts";

const replaceBuffer = (value: Value, from: Buffer, to: Buffer): Value => {
  if (value.kind !== "load") return mapOperands(value, (operand) => replaceBuffer(operand, from, to));
  return value.buffer === from ? { ...value, buffer: to } : value;
};

/** The statements, loading from another buffer where they loaded from one. */
export const loadInstead = (statements: readonly Statement[], from: Buffer, to: Buffer): Statement[] =>
  statements.map((statement): Statement => {
    switch (statement.kind) {
      case "let":
      case "var":
      case "assign":
      case "bind":
      case "store":
        return { ...statement, value: replaceBuffer(statement.value, from, to) };
      case "loop":
        return { ...statement, body: loadInstead(statement.body, from, to) };
      case "if": {
        const { otherwise } = statement;
        const when = statement.when.map((condition) =>
          condition.kind === "value" ? { ...condition, value: replaceBuffer(condition.value, from, to) } : condition,
        );
        return {
          ...statement,
          when,
          body: loadInstead(statement.body, from, to),
          ...(otherwise && { otherwise: loadInstead(otherwise, from, to) }),
        };
      }
      default:
        return statement;
    }
  });
