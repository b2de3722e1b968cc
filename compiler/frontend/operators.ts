/** Operators: JavaScript's on static values, scalar functions on the elements of a map, refused on tensors. */

import type { Expression } from "../../dsl/scalar/expression.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import * as scalar from "../../dsl/scalar/index.ts";
import { describe, isTensor } from "../../dsl/tensor.ts";
import {
  lambdaCapturesTensor,
  lambdaFunction,
  lambdaIntegerForm,
  tensorCondition,
  tensorOperator,
  unsupportedSyntax,
} from "../diagnostics.ts";
import { asBits, asCondition, asExpression, describeStatic, isInteger } from "./forms.ts";
import { isScalarValue, type ScalarValue, scalarValue } from "./scalar.ts";
import type { Scope } from "./scope.ts";
import { Abandoned, fail, POISON, type Session } from "./session.ts";
import { ts } from "./source.ts";

// biome-ignore lint/suspicious/noExplicitAny: static values are JavaScript's own
type Static = any;

const staticOperators: { readonly [Kind in ts.SyntaxKind]?: (a: Static, b: Static) => unknown } = {
  [ts.SyntaxKind.PlusToken]: (a, b) => a + b,
  [ts.SyntaxKind.MinusToken]: (a, b) => a - b,
  [ts.SyntaxKind.AsteriskToken]: (a, b) => a * b,
  [ts.SyntaxKind.SlashToken]: (a, b) => a / b,
  [ts.SyntaxKind.PercentToken]: (a, b) => a % b,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (a, b) => a ** b,
  [ts.SyntaxKind.LessThanToken]: (a, b) => a < b,
  [ts.SyntaxKind.LessThanEqualsToken]: (a, b) => a <= b,
  [ts.SyntaxKind.GreaterThanToken]: (a, b) => a > b,
  [ts.SyntaxKind.GreaterThanEqualsToken]: (a, b) => a >= b,
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: (a, b) => a === b,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: (a, b) => a !== b,
  [ts.SyntaxKind.AmpersandToken]: (a, b) => a & b,
  [ts.SyntaxKind.BarToken]: (a, b) => a | b,
  [ts.SyntaxKind.CaretToken]: (a, b) => a ^ b,
  [ts.SyntaxKind.LessThanLessThanToken]: (a, b) => a << b,
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: (a, b) => a >> b,
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: (a, b) => a >>> b,
  [ts.SyntaxKind.InKeyword]: (a, b) => a in b,
};

type Scalars = ScalarFunction["of"];

/** Operators that mean the same on every type of element that they take. */
const scalarOperators: { readonly [Kind in ts.SyntaxKind]?: Scalars } = {
  [ts.SyntaxKind.PlusToken]: scalar.add.of,
  [ts.SyntaxKind.MinusToken]: scalar.sub.of,
  [ts.SyntaxKind.AsteriskToken]: scalar.mul.of,
  [ts.SyntaxKind.SlashToken]: scalar.div.of,
  [ts.SyntaxKind.PercentToken]: scalar.rem.of,
  [ts.SyntaxKind.AsteriskAsteriskToken]: scalar.pow.of,
  [ts.SyntaxKind.LessThanToken]: scalar.less.of,
  [ts.SyntaxKind.LessThanEqualsToken]: scalar.lessEqual.of,
  [ts.SyntaxKind.GreaterThanToken]: (a, b) => scalar.less.of(b as Expression, a as Expression),
  [ts.SyntaxKind.GreaterThanEqualsToken]: (a, b) => scalar.lessEqual.of(b as Expression, a as Expression),
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: scalar.equal.of,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: (a, b) =>
    scalar.not.of(scalar.equal.of(a as Expression, b as Expression)),
};

/** Bit operations: JavaScript gives i32, but for `>>>`, which gives u32. */
const bitOperators: { readonly [Kind in ts.SyntaxKind]?: { readonly of: Scalars; readonly type: "i32" | "u32" } } = {
  [ts.SyntaxKind.AmpersandToken]: { of: scalar.and.of, type: "i32" },
  [ts.SyntaxKind.BarToken]: { of: scalar.or.of, type: "i32" },
  [ts.SyntaxKind.CaretToken]: { of: scalar.xor.of, type: "i32" },
  [ts.SyntaxKind.LessThanLessThanToken]: { of: scalar.shl.of, type: "i32" },
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: { of: scalar.shrs.of, type: "i32" },
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: { of: scalar.shru.of, type: "u32" },
};

/** An operator of two values, one of which may be an element. */
export const operate = (
  session: Session,
  node: ts.Node,
  operator: ts.SyntaxKind,
  left: unknown,
  right: unknown,
): unknown => {
  if (left === POISON || right === POISON) return POISON;
  if (isTensor(left) || isTensor(right)) {
    // Whether an optional tensor is there is known.
    if (left === undefined || left === null || right === undefined || right === null) {
      if (operator === ts.SyntaxKind.EqualsEqualsEqualsToken) return false;
      if (operator === ts.SyntaxKind.ExclamationEqualsEqualsToken) return true;
    }
    if (session.element !== undefined) {
      const operand = ts.isBinaryExpression(node) ? (isTensor(left) ? node.left : node.right) : node;
      return fail(session, operand, lambdaCapturesTensor(operand.getText()));
    }
    return fail(
      session,
      node,
      tensorOperator(ts.tokenToString(operator) ?? "this operator", describeStatic(left), describeStatic(right)),
    );
  }
  if (!isScalarValue(left) && !isScalarValue(right)) {
    const staticOperator = staticOperators[operator];
    if (staticOperator === undefined) {
      return fail(
        session,
        node,
        unsupportedSyntax(
          `the operator ${ts.tokenToString(operator)}`,
          "It is not in the subset.",
          operator === ts.SyntaxKind.EqualsEqualsToken
            ? "==="
            : operator === ts.SyntaxKind.ExclamationEqualsToken
              ? "!=="
              : "another expression",
        ),
      );
    }
    return staticOperator(left, right);
  }
  return operateScalars(session, node, operator, left, right);
};

const operateScalars = (
  session: Session,
  node: ts.Node,
  operator: ts.SyntaxKind,
  left: unknown,
  right: unknown,
): ScalarValue => {
  const bits = bitOperators[operator];
  if (bits !== undefined) {
    const isShift =
      operator !== ts.SyntaxKind.AmpersandToken &&
      operator !== ts.SyntaxKind.BarToken &&
      operator !== ts.SyntaxKind.CaretToken;
    const a = asBits(session, node, left, bits.type);
    if ((operator === ts.SyntaxKind.BarToken || isShift) && right === 0) return scalarValue(a);
    return scalarValue(bits.of(a, asBits(session, node, right, bits.type)));
  }
  const of = scalarOperators[operator];
  if (of === undefined) return fail(session, node, lambdaFunction(`the operator ${ts.tokenToString(operator)}`));
  const like = [left, right].find(isScalarValue)?.expression.type ?? "f32";
  if (isInteger(like)) return operateIntegers(session, node, operator, of, left, right, like);
  return scalarValue(of(asExpression(session, node, left, like), asExpression(session, node, right, like)));
};

/** Sums stay exact until they are closed by `| 0` or `>>> 0`, since both wrap; products and powers do not. */
const operateIntegers = (
  session: Session,
  node: ts.Node,
  operator: ts.SyntaxKind,
  of: Scalars,
  left: unknown,
  right: unknown,
  like: "i32" | "u32",
): ScalarValue => {
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
    case ts.SyntaxKind.MinusToken:
      return scalarValue(of(asBits(session, node, left, like), asBits(session, node, right, like)), "sum");
    case ts.SyntaxKind.AsteriskToken:
      return fail(
        session,
        node,
        lambdaIntegerForm("a product", `write Math.imul(a, b)${like === "u32" ? " >>> 0" : ""}.`),
      );
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return fail(
        session,
        node,
        lambdaIntegerForm("a power", "write the products with Math.imul, or cast the tensor to f32 first."),
      );
    case ts.SyntaxKind.SlashToken:
      return scalarValue(
        of(asExpression(session, node, left, like), asExpression(session, node, right, like)),
        "quotient",
      );
    default:
      return scalarValue(of(asExpression(session, node, left, like), asExpression(session, node, right, like)));
  }
};

export const binary = (session: Session, node: ts.BinaryExpression, scope: Scope): unknown => {
  const { kind } = node.operatorToken;
  const right = (): unknown => session.evaluate(node.right, scope);
  switch (kind) {
    case ts.SyntaxKind.AmpersandAmpersandToken:
    case ts.SyntaxKind.BarBarToken: {
      const left = session.evaluate(node.left, scope);
      if (isScalarValue(left)) {
        const of = kind === ts.SyntaxKind.AmpersandAmpersandToken ? scalar.and.of : scalar.or.of;
        return scalarValue(of(asCondition(session, node, left), asCondition(session, node, right())));
      }
      if (left === POISON) throw new Abandoned();
      if (isTensor(left))
        return fail(session, node.left, tensorCondition(ts.tokenToString(kind) ?? "", describe(left)));
      return kind === ts.SyntaxKind.AmpersandAmpersandToken ? left && right() : left || right();
    }
    case ts.SyntaxKind.QuestionQuestionToken:
      return session.evaluate(node.left, scope) ?? right();
    case ts.SyntaxKind.CommaToken:
      session.evaluate(node.left, scope);
      return right();
    default:
      return operate(session, node, kind, session.evaluate(node.left, scope), right());
  }
};

export const unary = (session: Session, node: ts.PrefixUnaryExpression, scope: Scope): unknown => {
  const value = session.evaluate(node.operand, scope);
  if (value === POISON) return POISON;
  if (isTensor(value))
    return fail(session, node, tensorOperator(`unary ${ts.tokenToString(node.operator)}`, "nothing", describe(value)));
  const operator = node.operator;
  if (!isScalarValue(value)) {
    const operand = value as Static;
    return operator === ts.SyntaxKind.MinusToken
      ? -operand
      : operator === ts.SyntaxKind.PlusToken
        ? +operand
        : operator === ts.SyntaxKind.TildeToken
          ? ~operand
          : !operand;
  }
  const { type } = value.expression;
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return value;
    case ts.SyntaxKind.TildeToken:
      return scalarValue(scalar.not.of(asBits(session, node, value, "i32")));
    case ts.SyntaxKind.ExclamationToken:
      return scalarValue(scalar.not.of(asCondition(session, node, value)));
    default:
      return isInteger(type)
        ? operateScalars(session, node, ts.SyntaxKind.MinusToken, 0, value)
        : scalarValue(scalar.neg.of(value.expression));
  }
};
