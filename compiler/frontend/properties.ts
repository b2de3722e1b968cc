/** `a.b` and `a[b]`: fields of records, items of arrays, shape and dtype of tensors. */

import { describe, isTensor } from "../../dsl/tensor.ts";
import { lambdaFunction, noProperty, tensorCondition } from "../diagnostics.ts";
import { describeStatic } from "./forms.ts";
import { refuseImpureMember } from "./globals.ts";
import { nearest } from "./nearest.ts";
import { isScalarValue } from "./scalar.ts";
import type { Scope } from "./scope.ts";
import { fail, POISON, type Session } from "./session.ts";
import { ts } from "./source.ts";

type Access = ts.PropertyAccessExpression | ts.ElementAccessExpression;

/** The object and the key of an access; the key is not evaluated where the object is nothing. */
export const accessOf = (
  session: Session,
  node: Access,
  scope: Scope,
): { readonly object: unknown; readonly key: string } => {
  const object = session.evaluate(node.expression, scope);
  if (ts.isPropertyAccessExpression(node)) return { object, key: node.name.text };
  if (object === undefined || object === null || object === POISON) return { object, key: "" };
  const key = session.evaluate(node.argumentExpression, scope);
  if (isTensor(key)) return fail(session, node.argumentExpression, tensorCondition("an index", describe(key)));
  return { object, key: `${key as string}` };
};

export const property = (session: Session, node: Access, scope: Scope): unknown => {
  const { object, key } = accessOf(session, node, scope);
  return fieldOf(session, node, object, key);
};

export const fieldOf = (session: Session, node: Access, object: unknown, key: string): unknown => {
  if (object === POISON) return POISON;
  if (object === undefined || object === null) {
    if (ts.isOptionalChain(node)) return undefined;
    return fail(session, node, noProperty(key, `${object}`, []));
  }
  if (isTensor(object)) {
    if (key === "shape") return object.shape;
    if (key === "dtype") return object.dtype;
    return fail(session, node, noProperty(key, `a tensor (${describe(object)})`, ["shape", "dtype"]));
  }
  if (isScalarValue(object)) return fail(session, node, lambdaFunction(node.getText()));
  refuseImpureMember(session, node, object, key);
  const value = (object as Readonly<Record<string, unknown>>)[key];
  // A missing field of a record is undefined, as an optional field is; a missing member of a module is a slip.
  const isModule = Object.prototype.toString.call(object) === "[object Module]";
  if (value === undefined && (isModule || typeof object === "function" || object === Math)) {
    const what = isModule || object === Math ? node.expression.getText() : describeStatic(object);
    return fail(session, node, noProperty(key, what, nearest(key, Object.getOwnPropertyNames(object))));
  }
  return value;
};
