/**
 * Algebra of scalar expressions: one line a rule.
 *
 * No rule changes a NaN or an infinity, so x · 0 stays; the sign of a zero may change, as in x + 0 → x.
 */

import { type Call, constant, type Expression, isConstant, nodesOf } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";

export interface ScalarRule {
  /** The rule as a formula. */
  readonly name: string;
  /** The name of the function at the root. */
  readonly of: string;
  readonly rewrite: (args: readonly [Expression, Expression, Expression], call: Call) => Expression | undefined;
}

const rule = (of: string, name: string, rewrite: ScalarRule["rewrite"]): ScalarRule => ({ name, of, rewrite });

/** The argument of a negation. */
const negated = (expression: Expression): Expression | undefined =>
  expression.kind === "call" && expression.fn === scalar.neg.record ? expression.args[0] : undefined;

/** The argument of a call of the same function. */
const again = (expression: Expression, call: Call): Expression | undefined =>
  expression.kind === "call" && expression.fn === call.fn ? expression.args[0] : undefined;

const when = <T>(condition: boolean, value: T): T | undefined => (condition ? value : undefined);

/** What is made of a part, if there is one. */
const given = (part: Expression | undefined, make: (part: Expression) => Expression): Expression | undefined =>
  part && make(part);

export const scalarRules: readonly ScalarRule[] = [
  rule("add", "x + 0 = x", ([x, y]) => when(isConstant(y, 0), x)),
  rule("add", "0 + x = x", ([x, y]) => when(isConstant(x, 0), y)),
  rule("add", "x + −y = x − y", ([x, y]) => given(negated(y), (part) => scalar.sub.of(x, part))),
  rule("add", "−x + y = y − x", ([x, y]) => given(negated(x), (part) => scalar.sub.of(y, part))),
  rule("sub", "x − 0 = x", ([x, y]) => when(isConstant(y, 0), x)),
  rule("sub", "x − −y = x + y", ([x, y]) => given(negated(y), (part) => scalar.add.of(x, part))),
  rule("mul", "x · 1 = x", ([x, y]) => when(isConstant(y, 1), x)),
  rule("mul", "1 · x = x", ([x, y]) => when(isConstant(x, 1), y)),
  rule("mul", "x · −1 = −x", ([x, y]) => when(isConstant(y, -1), scalar.neg.of(x))),
  rule("mul", "−1 · x = −x", ([x, y]) => when(isConstant(x, -1), scalar.neg.of(y))),
  rule("div", "x / 1 = x", ([x, y]) => when(isConstant(y, 1), x)),
  rule("pow", "x⁰ = 1", ([, y]) => when(isConstant(y, 0), constant(1))),
  rule("pow", "x¹ = x", ([x, y]) => when(isConstant(y, 1), x)),
  rule("pow", "x² = x · x", ([x, y]) => when(isConstant(y, 2), scalar.mul.of(x, x))),
  rule("pow", "x³ = x · (x · x)", ([x, y]) => when(isConstant(y, 3), scalar.mul.of(x, scalar.mul.of(x, x)))),
  rule("pow", "x⁻¹ = 1 / x", ([x, y]) => when(isConstant(y, -1), scalar.div.of(1, x))),
  rule("neg", "−(−x) = x", ([x]) => negated(x)),
  rule("not", "¬¬x = x", ([x], call) => again(x, call)),
  rule("and", "x ∧ true = x", ([x, y]) => when(isConstant(y, true), x)),
  rule("and", "true ∧ x = x", ([x, y]) => when(isConstant(x, true), y)),
  rule("or", "x ∨ false = x", ([x, y]) => when(isConstant(y, false), x)),
  rule("or", "false ∨ x = x", ([x, y]) => when(isConstant(x, false), y)),
  rule("select", "x where c, else x = x", ([, x, y]) => when(x === y, x)),
  rule("select", "x where true, else y = x", ([c, x]) => when(isConstant(c, true), x)),
  rule("select", "x where false, else y = y", ([c, , y]) => when(isConstant(c, false), y)),
  rule("toF32", "f32(x) = x of an f32", ([x], { type }) => when(x.type === type, x)),
  rule("toI32", "i32(x) = x of an i32", ([x], { type }) => when(x.type === type, x)),
  rule("toU32", "u32(x) = x of a u32", ([x], { type }) => when(x.type === type, x)),
  rule("toBool", "bool(x) = x of a bool", ([x], { type }) => when(x.type === type, x)),
];

const byFunction = new Map<string, ScalarRule[]>();
for (const rule of scalarRules) byFunction.set(rule.of, [...(byFunction.get(rule.of) ?? []), rule]);

/** The same node for the same call of the same nodes: equal parts of one expression become one. */
const nodeTable = (): ((node: Expression) => Expression) => {
  const numbers = new Map<Expression, number>();
  const table = new Map<string, Expression>();
  const keyOf = (node: Expression): string => {
    if (node.kind === "input") return `${node.type} x${node.index}`;
    if (node.kind === "constant") return `${node.type} ${Object.is(node.value, -0) ? "-0" : node.value}`;
    return `${node.type} ${node.fn.name} ${node.args.map((arg) => numbers.get(arg)).join(" ")}`;
  };
  return (node) => {
    const key = keyOf(node);
    const known = table.get(key);
    if (known !== undefined) return known;
    table.set(key, node);
    numbers.set(node, numbers.size);
    return node;
  };
};

const simplified = new WeakMap<Expression, Expression>();

/** The expression by the rules, with equal parts shared; the identical one where nothing is to be done. */
export const simplify = (root: Expression): Expression => {
  const known = simplified.get(root);
  if (known !== undefined) return known;
  const unique = nodeTable();
  const done = new Map<Expression, Expression>();
  const settle = (node: Expression): Expression => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const settled = node.kind === "call" ? settleCall(node) : unique(node);
    done.set(node, settled);
    done.set(settled, settled);
    return settled;
  };
  const settleCall = (call: Call): Expression => {
    const shared = unique(withArgs(call, call.args.map(settle)));
    if (shared.kind !== "call") return shared;
    for (const { rewrite } of byFunction.get(shared.fn.name) ?? []) {
      const next = rewrite(shared.args as unknown as Parameters<typeof rewrite>[0], shared);
      if (next !== undefined) return settle(next);
    }
    return shared;
  };
  for (const node of nodesOf(root)) settle(node);
  const result = done.get(root) as Expression;
  simplified.set(root, result);
  simplified.set(result, result);
  return result;
};

const withArgs = (call: Call, args: readonly Expression[]): Expression =>
  args.every((arg, i) => arg === call.args[i]) ? call : call.fn.of(...args);
