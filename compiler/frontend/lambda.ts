/** The lambda of a `map`, lowered to a scalar expression: it is read with elements for its parameters. */

import { bodyOf, scalarTypeOf } from "../../dsl/ops/elementwise.ts";
import { applyMap } from "../../dsl/ops/map.ts";
import { type Expression, input } from "../../dsl/scalar/expression.ts";
import { type AnyTensor, isTensor } from "../../dsl/tensor.ts";
import { badArgument, lambdaIntegerForm, lambdaNotInSource, lambdaResult } from "../diagnostics.ts";
import { sourceOf } from "./closures.ts";
import { asExpression, describeStatic } from "./forms.ts";
import { elementOf, isScalarValue } from "./scalar.ts";
import { scalarRecordOf } from "./scalar-functions.ts";
import { Abandoned, fail, POISON, type Session } from "./session.ts";
import type { ts } from "./source.ts";

/** `map(x, …, f)` of recorded tensors. */
export const lowerMap = (session: Session, node: ts.Node, args: readonly unknown[]): AnyTensor => {
  const f = args.at(-1);
  const operands = args.slice(0, -1);
  if (!operands.every(isTensor) || operands.length === 0) {
    return fail(
      session,
      node,
      badArgument("map: every argument but the last is a tensor; a number is captured by the lambda as it is"),
    );
  }
  const expression = lowerLambda(session, node, f, operands);
  return applyMap(operands, { ...bodyOf(expression) });
};

const lowerLambda = (session: Session, node: ts.Node, f: unknown, operands: readonly AnyTensor[]): Expression => {
  const [{ dtype = "f32" } = {}] = operands as readonly [AnyTensor?];
  const record = scalarRecordOf(f);
  if (sourceOf(f) === undefined) {
    if (record === undefined) return fail(session, node, lambdaNotInSource());
    return record.of(...operands.map(({ dtype }, i) => input(i, scalarTypeOf(dtype))));
  }
  const outer = session.element;
  session.element = scalarTypeOf(dtype);
  try {
    const elements = operands.map(({ dtype }, i) => elementOf(i, scalarTypeOf(dtype)));
    const result = (f as (...elements: readonly unknown[]) => unknown)(...elements);
    if (result === POISON) throw new Abandoned();
    if (!isScalarValue(result) && typeof result !== "number" && typeof result !== "boolean") {
      return fail(session, node, lambdaResult(describeStatic(result)));
    }
    const type = scalarTypeOf(dtype);
    const expression = asExpression(session, node, result, type);
    if (expression.type !== type && expression.type !== "bool") {
      return fail(
        session,
        node,
        lambdaIntegerForm(
          `a result of ${expression.type} for ${dtype} elements`,
          type === "u32" ? "write >>> 0 around it." : "write | 0 around it.",
        ),
      );
    }
    return expression;
  } finally {
    session.element = outer;
  }
};
