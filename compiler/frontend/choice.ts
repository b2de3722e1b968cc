/** Choices between two values: static ones are made now; those of an element are computed both ways and selected. */

import { select } from "../../dsl/scalar/index.ts";
import { describe, isTensor } from "../../dsl/tensor.ts";
import { tensorCondition } from "../diagnostics.ts";
import { asCondition, asExpression } from "./forms.ts";
import { isScalarValue, scalarValue } from "./scalar.ts";
import type { Scope } from "./scope.ts";
import { Abandoned, fail, POISON, type Session } from "./session.ts";
import type { ts } from "./source.ts";

export const choose = (
  session: Session,
  condition: ts.Expression,
  scope: Scope,
  what: string,
  whenTrue: () => unknown,
  whenFalse: () => unknown,
): unknown => {
  const value = session.evaluate(condition, scope);
  if (value === POISON) throw new Abandoned();
  if (isTensor(value)) return fail(session, condition, tensorCondition(what, describe(value)));
  if (!isScalarValue(value)) return value ? whenTrue() : whenFalse();
  const [yes, no] = [whenTrue(), whenFalse()];
  const like = [yes, no].find(isScalarValue)?.expression.type;
  const choices = [yes, no].map((side) =>
    asExpression(session, condition, side, like ?? (typeof side === "boolean" ? "bool" : (session.element ?? "f32"))),
  );
  return scalarValue(select.of(asCondition(session, condition, value), ...choices));
};
