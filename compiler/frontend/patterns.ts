/** Names and destructuring patterns: `const [a, { b = 1, ...rest }] = value`. */

import { describe, isTensor } from "../../dsl/tensor.ts";
import { unsupportedSyntax } from "../diagnostics.ts";
import { nameValue } from "./naming.ts";
import { declare, own, type Scope } from "./scope.ts";
import { fail, POISON, type Session } from "./session.ts";
import { ts } from "./source.ts";

/** Declares the names of a pattern with their parts of a value. */
export const bindPattern = (
  session: Session,
  name: ts.BindingName,
  value: unknown,
  scope: Scope,
  mutable = false,
): void => {
  if (ts.isIdentifier(name)) {
    nameValue(value, name.text);
    declare(scope, name.text, value, mutable);
    return;
  }
  if (value === POISON) {
    for (const element of name.elements)
      if (ts.isBindingElement(element)) bindPattern(session, element.name, POISON, scope, mutable);
    return;
  }
  if (value === undefined || value === null) {
    fail(session, name, unsupportedSyntax(`taking ${value} apart`, "It has no parts.", "a default, or a check before"));
  }
  if (isTensor(value)) {
    fail(
      session,
      name,
      unsupportedSyntax(
        `taking the tensor ${describe(value)} apart`,
        "A tensor is no JavaScript array.",
        "unstack(x), split(x, …) or slice(x, …)",
      ),
    );
  }
  if (ts.isArrayBindingPattern(name)) bindArray(session, name, [...(value as Iterable<unknown>)], scope, mutable);
  else bindRecord(session, name, value as Readonly<Record<string, unknown>>, scope, mutable);
};

const orDefault = (session: Session, value: unknown, initializer: ts.Expression | undefined, scope: Scope): unknown =>
  value === undefined && initializer ? session.evaluate(initializer, scope) : value;

const bindArray = (
  session: Session,
  pattern: ts.ArrayBindingPattern,
  items: readonly unknown[],
  scope: Scope,
  mutable: boolean,
): void => {
  pattern.elements.forEach((element, i) => {
    if (!ts.isBindingElement(element)) return;
    const item = element.dotDotDotToken
      ? own(items.slice(i), scope.activation)
      : orDefault(session, items[i], element.initializer, scope);
    bindPattern(session, element.name, item, scope, mutable);
  });
};

const bindRecord = (
  session: Session,
  pattern: ts.ObjectBindingPattern,
  record: Readonly<Record<string, unknown>>,
  scope: Scope,
  mutable: boolean,
): void => {
  const taken = new Set<string>();
  for (const element of pattern.elements) {
    if (element.dotDotDotToken) {
      const rest = Object.fromEntries(Object.entries(record).filter(([key]) => !taken.has(key)));
      bindPattern(session, element.name, own(rest, scope.activation), scope, mutable);
      continue;
    }
    const key = propertyKey(session, element.propertyName ?? (element.name as ts.Identifier), scope);
    taken.add(key);
    bindPattern(session, element.name, orDefault(session, record[key], element.initializer, scope), scope, mutable);
  }
};

/** The key that a property name stands for. */
export const propertyKey = (session: Session, name: ts.PropertyName, scope: Scope): string => {
  if (ts.isComputedPropertyName(name)) return `${session.evaluate(name.expression, scope)}`;
  return name.text;
};
