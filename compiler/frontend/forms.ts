/** Values of a lambda as expressions: elements, static numbers, and the integers that JavaScript holds for a moment. */

import { constant, type Expression, type ScalarType } from "../../dsl/scalar/expression.ts";
import * as scalar from "../../dsl/scalar/index.ts";
import { describe, isTensor } from "../../dsl/tensor.ts";
import { lambdaFunction, lambdaIntegerForm } from "../diagnostics.ts";
import { isScalarValue, type ScalarValue } from "./scalar.ts";
import { fail, type Session } from "./session.ts";
import type { ts } from "./source.ts";

export const isInteger = (type: ScalarType): type is "i32" | "u32" => type === "i32" || type === "u32";

/** A static number or an element as an expression of the given type. */
export const asExpression = (session: Session, node: ts.Node, value: unknown, like: ScalarType): Expression => {
  if (isScalarValue(value)) {
    if (value.exact !== undefined) fail(session, node, lambdaIntegerForm(exactForm(value), exactRepair(value)));
    return value.expression;
  }
  if (typeof value === "boolean") return constant(value);
  if (typeof value !== "number") return fail(session, node, lambdaFunction(describeStatic(value)));
  if (isInteger(like) && !Number.isInteger(value)) {
    fail(
      session,
      node,
      lambdaIntegerForm(`${value} beside ${like} elements`, "use a whole number, or cast the tensor to f32 first."),
    );
  }
  if (like === "i32" && value > 2147483647) return constant(value | 0, "i32");
  if (like === "u32" && value < 0) return constant(value >>> 0, "u32");
  return constant(value, like === "bool" ? "f32" : like);
};

const exactForm = ({ exact }: ScalarValue): string =>
  exact === "quotient" ? "a quotient" : exact === "truncated" ? "a truncated quotient" : "a sum or difference";
const exactRepair = ({ exact, expression }: ScalarValue): string => {
  const close = expression.type === "u32" ? ">>> 0" : "| 0";
  return exact === "quotient"
    ? `write Math.trunc(a / b) ${close}.`
    : `write it with ${close} around: (a + b) ${close}.`;
};

export const describeStatic = (value: unknown): string =>
  isTensor(value)
    ? describe(value)
    : typeof value === "function"
      ? "a function"
      : Array.isArray(value)
        ? "an array"
        : typeof value === "object" && value !== null
          ? "a record"
          : typeof value === "string"
            ? `"${value}"`
            : `${value}`;

/** A static number, an element, or an exact integer, as bits of a type. */
export const asBits = (session: Session, node: ts.Node, value: unknown, type: "i32" | "u32"): Expression => {
  if (typeof value === "number") return constant(type === "i32" ? value | 0 : value >>> 0, type);
  if (!isScalarValue(value)) return fail(session, node, lambdaFunction(describeStatic(value)));
  if (value.exact === "quotient") fail(session, node, lambdaIntegerForm(exactForm(value), exactRepair(value)));
  const { expression } = value;
  if (expression.type === "f32")
    return fail(
      session,
      node,
      lambdaIntegerForm(
        "a bit operation on f32 elements, instead",
        "write Math.trunc or Math.floor, or cast the tensor first.",
      ),
    );
  if (expression.type === type) return expression;
  return (type === "i32" ? scalar.toI32 : scalar.toU32).of(expression);
};

/** What JavaScript takes a value for in a condition: a number is true unless it is 0 or NaN. */
export const asCondition = (session: Session, node: ts.Node, value: unknown): Expression => {
  if (!isScalarValue(value)) return constant(Boolean(value));
  const expression = asExpression(session, node, value, value.expression.type);
  switch (expression.type) {
    case "bool":
      return expression;
    case "f32":
      return scalar.less.of(0, scalar.abs.of(expression));
    case "i32":
    case "u32":
      return scalar.notEqual.of(expression, 0);
    default:
      return expression.type satisfies never;
  }
};
