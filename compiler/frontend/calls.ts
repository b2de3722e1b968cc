import { impureGlobal, notCallable, outerArrayMutation, unknownMethod } from "../diagnostics.ts";
import { sourceOf } from "./closures.ts";

import { describeStatic } from "./forms.ts";
import { accessOf, fieldOf } from "./properties.ts";
import { readers, regionOf } from "./regions.ts";
import { isScalarValue } from "./scalar.ts";
import { callScalar } from "./scalar-functions.ts";
import { own, owns, type Scope } from "./scope.ts";
import { callNative, fail, hasPoison, POISON, type Session } from "./session.ts";
import { ts } from "./source.ts";
import { spread } from "./spread.ts";

const arrayMethods = new Set(
  "at concat entries every filter find findIndex findLast findLastIndex flat flatMap forEach includes indexOf join keys lastIndexOf map reduce reduceRight slice some toReversed toSorted toSpliced toString values with".split(
    " ",
  ),
);
const mutatingMethods = new Set("push pop shift unshift splice sort reverse fill".split(" "));
const stringMethods = new Set(
  "at charAt charCodeAt concat endsWith includes indexOf lastIndexOf padEnd padStart repeat replace replaceAll slice split startsWith substring toLowerCase toUpperCase trim trimEnd trimStart toString".split(
    " ",
  ),
);
const numberMethods = new Set("toFixed toPrecision toString".split(" "));

export const call = (session: Session, node: ts.CallExpression, scope: Scope): unknown => {
  const value = evaluateCall(session, node, scope);
  session.onCall?.(node, value);
  return value;
};

const evaluateCall = (session: Session, node: ts.CallExpression, scope: Scope): unknown => {
  const callee = skipParentheses(node.expression);
  const args = (): readonly unknown[] =>
    node.arguments.flatMap((argument) =>
      ts.isSpreadElement(argument) ? spread(session, argument.expression, scope) : [session.evaluate(argument, scope)],
    );
  if (ts.isPropertyAccessExpression(callee) || ts.isElementAccessExpression(callee)) {
    const { object, key } = accessOf(session, callee, scope);
    if (object === POISON) return POISON;
    const method = methodOf(session, node, object, key, scope);
    if (method !== undefined)
      return own(
        callNative(session, node, () => method(...args())),
        scope.activation,
      );
    const f = fieldOf(session, callee, object, key);
    if (f === undefined && ts.isOptionalChain(node)) return undefined;
    return callValue(session, node, f, args(), scope);
  }
  const f = session.evaluate(callee, scope);
  if (f === undefined && ts.isOptionalChain(node)) return undefined;
  return callValue(session, node, f, args(), scope);
};

const skipParentheses = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) ? skipParentheses(node.expression) : node;

/** A pure method of a static value, or a mutating one of an array that this activation made. */
const methodOf = (
  session: Session,
  node: ts.CallExpression,
  object: unknown,
  key: string,
  scope: Scope,
): ((...args: readonly unknown[]) => unknown) | undefined => {
  // An item that is a function: `pulls[0](ct)`.
  if (Array.isArray(object) && Object.hasOwn(object, key)) return undefined;
  const list = Array.isArray(object)
    ? arrayMethods
    : typeof object === "string"
      ? stringMethods
      : typeof object === "number"
        ? numberMethods
        : undefined;
  if (list === undefined) return undefined;
  const bound = (object as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>)[key];
  if (list.has(key) && bound !== undefined) return bound.bind(object);
  if (Array.isArray(object) && mutatingMethods.has(key) && bound !== undefined) {
    if (!owns(scope.activation, object)) fail(session, node, outerArrayMutation(key));
    return bound.bind(object);
  }
  return fail(session, node, unknownMethod(key, describeStatic(object)));
};

const callValue = (
  session: Session,
  node: ts.CallExpression,
  f: unknown,
  args: readonly unknown[],
  scope: Scope,
): unknown => {
  if (f === POISON || hasPoison(args)) return POISON;
  if (typeof f !== "function") {
    return fail(
      session,
      node,
      notCallable(ts.isIdentifier(node.expression) ? node.expression.text : describeStatic(f)),
    );
  }
  const g = f as (...args: readonly unknown[]) => unknown;
  if (sourceOf(g) === undefined && args.some(isScalarValue)) return callScalar(session, node, g, args);
  const reader = readers.get(g);
  if (reader !== undefined) return fail(session, node, impureGlobal(reader.name, reader.instead));
  const region = regionOf(session, node, g);
  return own(
    callNative(session, node, () => (region ?? g)(...args)),
    scope.activation,
  );
};
