/** Assignments: to what this activation itself declared or made, and to nothing else. */

import { constAssigned, outerArrayMutation, outerMutation, unsupportedSyntax } from "../diagnostics.ts";
import { operate } from "./operators.ts";
import { lookUp, owns, type Scope } from "./scope.ts";
import { fail, type Session } from "./session.ts";
import { ts } from "./source.ts";

export const isAssignment = ({ operatorToken: { kind } }: ts.BinaryExpression): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** The operator inside a compound assignment: `+=` → `+`. */
const compound: { readonly [Kind in ts.SyntaxKind]?: ts.BinaryOperator } = {
  [ts.SyntaxKind.PlusEqualsToken]: ts.SyntaxKind.PlusToken,
  [ts.SyntaxKind.MinusEqualsToken]: ts.SyntaxKind.MinusToken,
  [ts.SyntaxKind.AsteriskEqualsToken]: ts.SyntaxKind.AsteriskToken,
  [ts.SyntaxKind.SlashEqualsToken]: ts.SyntaxKind.SlashToken,
  [ts.SyntaxKind.PercentEqualsToken]: ts.SyntaxKind.PercentToken,
  [ts.SyntaxKind.AsteriskAsteriskEqualsToken]: ts.SyntaxKind.AsteriskAsteriskToken,
  [ts.SyntaxKind.LessThanLessThanEqualsToken]: ts.SyntaxKind.LessThanLessThanToken,
  [ts.SyntaxKind.GreaterThanGreaterThanEqualsToken]: ts.SyntaxKind.GreaterThanGreaterThanToken,
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanEqualsToken]: ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken,
  [ts.SyntaxKind.AmpersandEqualsToken]: ts.SyntaxKind.AmpersandToken,
  [ts.SyntaxKind.BarEqualsToken]: ts.SyntaxKind.BarToken,
  [ts.SyntaxKind.CaretEqualsToken]: ts.SyntaxKind.CaretToken,
};

export const assign = (session: Session, node: ts.BinaryExpression, scope: Scope): unknown => {
  const { kind } = node.operatorToken;
  const operator = compound[kind];
  if (kind !== ts.SyntaxKind.EqualsToken && operator === undefined) {
    fail(session, node, unsupportedSyntax("a logical assignment", "It is not in the subset.", "x = x ?? y"));
  }
  const value = (): unknown =>
    operator === undefined
      ? session.evaluate(node.right, scope)
      : operate(session, node, operator, session.evaluate(node.left, scope), session.evaluate(node.right, scope));
  return store(session, node.left, value, scope);
};

export const increment = (
  session: Session,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  scope: Scope,
): unknown => {
  const before = session.evaluate(node.operand, scope);
  const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? ts.SyntaxKind.PlusToken : ts.SyntaxKind.MinusToken;
  const after = store(session, node.operand, () => operate(session, node, operator, before, 1), scope);
  return ts.isPrefixUnaryExpression(node) ? after : before;
};

const store = (session: Session, target: ts.Expression, evaluate: () => unknown, scope: Scope): unknown => {
  if (ts.isIdentifier(target)) {
    const found = lookUp(scope, target.text);
    if (found && !found.binding.mutable) fail(session, target, constAssigned(target.text));
    if (!found || found.scope.activation !== scope.activation) return fail(session, target, outerMutation(target.text));
    const value = evaluate();
    found.binding.value = value;
    return value;
  }
  if (ts.isElementAccessExpression(target) || ts.isPropertyAccessExpression(target)) {
    const object = session.evaluate(target.expression, scope) as Record<string, unknown>;
    const key = ts.isPropertyAccessExpression(target)
      ? target.name.text
      : `${session.evaluate(target.argumentExpression, scope)}`;
    if (typeof object !== "object" || object === null || !owns(scope.activation, object))
      fail(session, target, outerArrayMutation(`setting ${key}`));
    const value = evaluate();
    object[key] = value;
    return value;
  }
  return fail(
    session,
    target,
    unsupportedSyntax("a destructuring assignment", "It is not in the subset.", "const [a, b] = …"),
  );
};
