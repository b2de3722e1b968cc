/** Calls inside the lambda of a `map`: functions of Math and of `scalar`, as expressions of elements. */

import { constant } from "../../dsl/scalar/expression.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import * as scalar from "../../dsl/scalar/index.ts";
import { describe, isTensor } from "../../dsl/tensor.ts";
import { lambdaFunction, lambdaIntegerForm } from "../diagnostics.ts";
import { asExpression } from "./forms.ts";
import { isScalarValue, type ScalarValue, scalarValue } from "./scalar.ts";
import { fail, type Session } from "./session.ts";
import type { ts } from "./source.ts";

/** Functions of Math by their records. */
const mathFunctions = new Map<unknown, ScalarFunction>(
  Object.entries(scalar).flatMap(([name, { record }]) => {
    const f = (Math as unknown as Readonly<Record<string, unknown>>)[name];
    return f === undefined ? [] : [[f, record] as const];
  }),
);

/** The record of a scalar function: one of `scalar`, or of Math. */
export const scalarRecordOf = (f: unknown): ScalarFunction | undefined =>
  mathFunctions.get(f) ?? (f as { readonly record?: ScalarFunction } | undefined)?.record;

/** A scalar function of elements. */
export const callScalar = (
  session: Session,
  node: ts.CallExpression,
  f: unknown,
  args: readonly unknown[],
): ScalarValue => {
  const record = scalarRecordOf(f);
  const name = node.expression.getText();
  if (args.some(isTensor))
    return fail(session, node, lambdaFunction(`${name} of a tensor (${describe(args.find(isTensor) as never)})`));
  if (record?.of === undefined || !("meaningFor" in record)) return fail(session, node, lambdaFunction(name));
  const elements = args.filter(isScalarValue);
  const integer = elements.find(({ expression }) => expression.type === "i32" || expression.type === "u32");
  if (integer !== undefined) {
    const special = integerCall(session, node, record, args, integer);
    if (special !== undefined) return special;
  }
  const like = elements.find(({ expression }) => expression.type !== "bool")?.expression.type ?? "f32";
  const operands = args.map((arg) => asExpression(session, node, arg, like));
  if (record.signature(operands.map(({ type }) => type)) === undefined || operands.length < record.arity) {
    return fail(session, node, lambdaFunction(`${name} of ${operands.map(({ type }) => type).join(", ")}`));
  }
  // Math.max, Math.min and Math.hypot take any number of arguments.
  const [first = constant(0), ...rest] = operands;
  return scalarValue(
    operands.length > record.arity && record.arity === 2
      ? rest.reduce((sum, next) => record.of(sum, next), first)
      : record.of(...operands),
  );
};

/** Integer forms: Math.trunc of a quotient, Math.imul of unsigned words. */
const integerCall = (
  session: Session,
  node: ts.CallExpression,
  record: ScalarFunction,
  args: readonly unknown[],
  integer: ScalarValue,
): ScalarValue | undefined => {
  const { type } = integer.expression;
  if (record.name === "trunc") {
    if (integer.exact === "quotient") return scalarValue(integer.expression, "truncated");
    return integer.exact === undefined ? integer : undefined;
  }
  if (record.name === "imul" && type === "u32") {
    const operands = args.map((arg) =>
      isScalarValue(arg) ? arg : scalarValue(asExpression(session, node, arg, "u32")),
    );
    const product = scalar.mul.of(...operands.map(({ expression }) => expression));
    return scalarValue(scalar.toI32.of(product));
  }
  if (record.name === "round" || record.name === "floor" || record.name === "ceil") {
    return integer.exact === "quotient"
      ? fail(session, node, lambdaIntegerForm(`Math.${record.name} of a quotient`, "write Math.trunc(a / b) | 0."))
      : integer;
  }
  return undefined;
};
