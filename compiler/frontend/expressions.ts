/** Expressions: one function a construct. Static values are JavaScript's own; tensors are a recorder's. */

import { describe, isTensor } from "../../dsl/tensor.ts";
import { tensorText, unknownName, unsupportedSyntax, usedBeforeBound } from "../diagnostics.ts";
import { assign, increment, isAssignment } from "./assignment.ts";
import { call } from "./calls.ts";
import { choose } from "./choice.ts";
import { type FunctionNode, makeClosure } from "./closures.ts";
import { globalValue, refuseImpure } from "./globals.ts";
import { binary, unary } from "./operators.ts";
import { propertyKey } from "./patterns.ts";
import { property } from "./properties.ts";
import { isScalarValue } from "./scalar.ts";
import { type Found, lookUp, own, type Scope } from "./scope.ts";
import { fail, POISON, type Session } from "./session.ts";
import { ts } from "./source.ts";
import { spread } from "./spread.ts";

type Visitor<Node extends ts.Node> = (session: Session, node: Node, scope: Scope) => unknown;

/** The binding that an identifier means. */
export const resolve = (session: Session, node: ts.Identifier, scope: Scope): Found => {
  const found = lookUp(scope, node.text);
  if (found === undefined) return fail(session, node, unknownName(node.text));
  if (!found.binding.bound) return fail(session, node, usedBeforeBound(node.text));
  return found;
};

const identifier: Visitor<ts.Identifier> = (session, node, scope) => {
  const found = lookUp(scope, node.text);
  if (found !== undefined) return resolve(session, node, scope).binding.value;
  refuseImpure(session, node, node.text);
  const known = globalValue(node.text);
  return known === undefined && node.text !== "undefined" ? fail(session, node, unknownName(node.text)) : known;
};

const array: Visitor<ts.ArrayLiteralExpression> = (session, node, scope) => {
  const items: unknown[] = [];
  for (const element of node.elements) {
    if (!ts.isSpreadElement(element)) items.push(session.evaluate(element, scope));
    else items.push(...spread(session, element.expression, scope));
  }
  return own(items, scope.activation);
};

const record: Visitor<ts.ObjectLiteralExpression> = (session, node, scope) => {
  const fields: Record<string, unknown> = {};
  for (const member of node.properties) {
    if (ts.isPropertyAssignment(member))
      fields[propertyKey(session, member.name, scope)] = session.evaluate(member.initializer, scope);
    else if (ts.isShorthandPropertyAssignment(member)) fields[member.name.text] = session.evaluate(member.name, scope);
    else if (ts.isSpreadAssignment(member)) Object.assign(fields, session.evaluate(member.expression, scope));
    else if (ts.isMethodDeclaration(member))
      fields[propertyKey(session, member.name, scope)] = makeClosure(session, member, scope);
    else
      fail(
        session,
        member,
        unsupportedSyntax("a getter or setter", "A record of a program holds values.", "a field, or a function"),
      );
  }
  return own(fields, scope.activation);
};

const template: Visitor<ts.TemplateExpression> = (session, node, scope) => {
  let text = node.head.text;
  for (const span of node.templateSpans) {
    const value = session.evaluate(span.expression, scope);
    if (value === POISON) return POISON;
    if (isTensor(value)) return fail(session, span.expression, tensorText(describe(value)));
    text += `${value}${span.literal.text}`;
  }
  return text;
};

const conditional: Visitor<ts.ConditionalExpression> = (session, node, scope) =>
  choose(
    session,
    node.condition,
    scope,
    "a ternary",
    () => session.evaluate(node.whenTrue, scope),
    () => session.evaluate(node.whenFalse, scope),
  );

const closure: Visitor<FunctionNode> = (session, node, scope) => makeClosure(session, node, scope);

const inner = (session: Session, node: { readonly expression: ts.Expression }, scope: Scope): unknown =>
  session.evaluate(node.expression, scope);

const typeOf: Visitor<ts.TypeOfExpression> = (session, node, scope) => {
  const value = session.evaluate(node.expression, scope);
  if (value === POISON) return POISON;
  return isScalarValue(value) ? (value.expression.type === "bool" ? "boolean" : "number") : typeof value;
};

const newError: Visitor<ts.NewExpression> = (session, node, scope) => {
  if (ts.isIdentifier(node.expression) && /^(Range|Type)?Error$/.test(node.expression.text)) {
    const [text = ""] = (node.arguments ?? []).map((argument) => session.evaluate(argument, scope));
    return new Error(`${text}`);
  }
  if (ts.isIdentifier(node.expression)) refuseImpure(session, node, node.expression.text);
  return fail(
    session,
    node,
    unsupportedSyntax("new", "Objects with state have no place in a pure program.", "a record { … } or an array"),
  );
};

const refused =
  (what: string, why: string, instead: string): Visitor<ts.Node> =>
  (session, node) =>
    fail(session, node, unsupportedSyntax(what, why, instead));

const visitors: { readonly [Kind in ts.SyntaxKind]?: Visitor<never> } = {
  [ts.SyntaxKind.Identifier]: identifier,
  [ts.SyntaxKind.NumericLiteral]: (_: Session, node: ts.NumericLiteral) => Number(node.text),
  [ts.SyntaxKind.BigIntLiteral]: (_: Session, node: ts.BigIntLiteral) => BigInt(node.text.replace(/n$/, "")),
  [ts.SyntaxKind.StringLiteral]: (_: Session, node: ts.StringLiteral) => node.text,
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: (_: Session, node: ts.NoSubstitutionTemplateLiteral) => node.text,
  [ts.SyntaxKind.TrueKeyword]: () => true,
  [ts.SyntaxKind.FalseKeyword]: () => false,
  [ts.SyntaxKind.NullKeyword]: () => null,
  [ts.SyntaxKind.OmittedExpression]: () => undefined,
  [ts.SyntaxKind.ArrayLiteralExpression]: array,
  [ts.SyntaxKind.ObjectLiteralExpression]: record,
  [ts.SyntaxKind.TemplateExpression]: template,
  [ts.SyntaxKind.ConditionalExpression]: conditional,
  [ts.SyntaxKind.ArrowFunction]: closure,
  [ts.SyntaxKind.FunctionExpression]: closure,
  [ts.SyntaxKind.FunctionDeclaration]: closure,
  [ts.SyntaxKind.ParenthesizedExpression]: inner,
  [ts.SyntaxKind.AsExpression]: inner,
  [ts.SyntaxKind.SatisfiesExpression]: inner,
  [ts.SyntaxKind.NonNullExpression]: inner,
  [ts.SyntaxKind.TypeOfExpression]: typeOf,
  [ts.SyntaxKind.CallExpression]: call,
  [ts.SyntaxKind.NewExpression]: newError,
  [ts.SyntaxKind.PropertyAccessExpression]: property,
  [ts.SyntaxKind.ElementAccessExpression]: property,
  [ts.SyntaxKind.BinaryExpression]: (session: Session, node: ts.BinaryExpression, scope: Scope) =>
    isAssignment(node) ? assign(session, node, scope) : binary(session, node, scope),
  [ts.SyntaxKind.PrefixUnaryExpression]: (session: Session, node: ts.PrefixUnaryExpression, scope: Scope) =>
    node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken
      ? increment(session, node, scope)
      : unary(session, node, scope),
  [ts.SyntaxKind.PostfixUnaryExpression]: increment,
  [ts.SyntaxKind.AwaitExpression]: refused(
    "await",
    "Programs are synchronous: they say what is computed, and a device does it later.",
    "await outside of the program, and pass the value in",
  ),
  [ts.SyntaxKind.YieldExpression]: refused("yield", "Programs have no iterators of their own.", "return an array"),
  [ts.SyntaxKind.ThisKeyword]: refused("this", "A pure function knows its arguments.", "an argument"),
  [ts.SyntaxKind.ClassExpression]: refused(
    "a class",
    "Objects with state and methods have no place in a pure program.",
    "a record and functions of it",
  ),
  [ts.SyntaxKind.RegularExpressionLiteral]: refused(
    "a regular expression",
    "It is not in the subset.",
    "split, includes or startsWith",
  ),
  [ts.SyntaxKind.TaggedTemplateExpression]: refused("a tagged template", "It is not in the subset.", "a call"),
  [ts.SyntaxKind.DeleteExpression]: refused(
    "delete",
    "Records are not changed in place.",
    "const { field, ...rest } = record",
  ),
  [ts.SyntaxKind.MetaProperty]: refused("import.meta", "It depends on where the program runs.", "a static argument"),
};

export const evaluateExpression = (session: Session, node: ts.Expression, scope: Scope): unknown => {
  const visitor = visitors[node.kind] as Visitor<ts.Expression> | undefined;
  if (visitor === undefined) {
    return fail(
      session,
      node,
      unsupportedSyntax(
        `this expression (${ts.SyntaxKind[node.kind]})`,
        "It is not in the subset.",
        "arithmetic, calls, arrays, records and arrow functions",
      ),
    );
  }
  return visitor(session, node, scope);
};
