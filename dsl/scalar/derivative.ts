/** Symbolic derivatives of scalar expressions, in reverse over the shared nodes: the size grows with the expression's. */

import { add, mul, neg } from "./arithmetic.ts";
import { select } from "./comparison.ts";
import { type Call, constant, type Expression, isConstant, nodesOf } from "./expression.ts";

const zero = constant(0);

const isZero = (x: Expression): boolean => isConstant(x, 0);
const isSelect = (x: Expression): x is Call => x.kind === "call" && x.fn === select.record;

/** A choice between cotangents. */
const choose = (condition: Expression, a: Expression, b: Expression): Expression =>
  isZero(a) && isZero(b) ? zero : select.of(condition, a, b);

const partsOf = ({ args }: Call): [Expression, Expression, Expression] => args as [Expression, Expression, Expression];

/** a + b, where two branches of one choice are joined. */
const plus = (a: Expression, b: Expression): Expression => {
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  if (isSelect(a) && isSelect(b)) {
    const [condition, ...branches] = partsOf(a);
    const [other, ...others] = partsOf(b);
    const disjoint = [0, 1].every((i) => isZero(branches[i] as Expression) || isZero(others[i] as Expression));
    if (condition === other && disjoint)
      return choose(condition, plus(branches[0], others[0]), plus(branches[1], others[1]));
  }
  return add.of(a, b);
};

/**
 * a · b for a cotangent and a partial derivative. A factor that is a choice with 0 stays a choice on the outside: the
 * branch not taken then adds nothing, even where its derivative is infinite or NaN, as at x = 0 in
 * `x > 0 ? Math.sqrt(x) : 0`.
 */
const times = (a: Expression, b: Expression): Expression => {
  if (isZero(a) || isZero(b)) return zero;
  if (isConstant(a, 1)) return b;
  if (isConstant(b, 1)) return a;
  if (isConstant(a, -1)) return neg.of(b);
  if (isConstant(b, -1)) return neg.of(a);
  for (const [choice, factor] of [
    [a, b],
    [b, a],
  ] as const) {
    if (!isSelect(choice)) continue;
    const [condition, yes, no] = partsOf(choice);
    if (isZero(yes) || isZero(no)) return choose(condition, times(yes, factor), times(no, factor));
  }
  return mul.of(a, b);
};

const asExpression = (x: Expression | number): Expression => (typeof x === "number" ? constant(x) : x);

/** Σ over paths of seed · ∂root/∂input; `undefined` where that is zero everywhere. */
export const derivative = (root: Expression, input: number, seed: Expression): Expression | undefined => {
  const nodes = nodesOf(root);
  const varies = new Set<Expression>();
  for (const node of nodes) {
    if (node.type !== "f32") continue;
    const own = node.kind === "input" && node.index === input;
    if (own || (node.kind === "call" && node.args.some((arg) => varies.has(arg)))) varies.add(node);
  }
  const adjoints = new Map<Expression, Expression>([[root, seed]]);
  let result: Expression = zero;
  for (const node of nodes.reverse()) {
    const adjoint = adjoints.get(node);
    if (adjoint === undefined || !varies.has(node)) continue;
    if (node.kind === "input") result = plus(result, adjoint);
    if (node.kind !== "call" || node.fn.derivative === "zero") continue;
    for (const [i, partial] of node.fn.derivative.entries()) {
      const arg = node.args[i] as Expression;
      if (!varies.has(arg)) continue;
      const contribution = times(adjoint, asExpression(partial(node.args, node)));
      if (!isZero(contribution)) adjoints.set(arg, plus(adjoints.get(arg) ?? zero, contribution));
    }
  }
  return isZero(result) ? undefined : result;
};
