/** Symbolic derivatives of scalar expressions, in reverse over the shared nodes: the size grows with the expression's. */

import { add, mul } from "./arithmetic.ts";
import { constant, type Expression, isConstant, nodesOf } from "./expression.ts";

const plus = (a: Expression | undefined, b: Expression): Expression => (a === undefined ? b : add.of(a, b));

const times = (a: Expression, b: Expression | number): Expression | undefined => {
  const factor = typeof b === "number" ? constant(b) : b;
  if (isConstant(factor, 0) || isConstant(a, 0)) return undefined;
  if (isConstant(factor, 1)) return a;
  return isConstant(a, 1) ? factor : mul.of(a, factor);
};

/** Σ over paths of seed · ∂root/∂input; `undefined` where that is zero everywhere. */
export const derivative = (root: Expression, input: number, seed: Expression): Expression | undefined => {
  const nodes = nodesOf(root);
  const varies = new Set<Expression>();
  for (const node of nodes) {
    if (node.type !== "f32") continue;
    if (node.kind === "input" ? node.index === input : node.kind === "call" && node.args.some((arg) => varies.has(arg)))
      varies.add(node);
  }
  const adjoints = new Map<Expression, Expression>([[root, seed]]);
  let result: Expression | undefined;
  for (const node of nodes.reverse()) {
    const adjoint = adjoints.get(node);
    if (adjoint === undefined || !varies.has(node)) continue;
    if (node.kind === "input") result = plus(result, adjoint);
    if (node.kind !== "call" || node.fn.derivative === "zero") continue;
    for (const [i, partial] of node.fn.derivative.entries()) {
      const arg = node.args[i] as Expression;
      if (!varies.has(arg)) continue;
      const contribution = times(adjoint, partial(node.args, node));
      if (contribution !== undefined) adjoints.set(arg, plus(adjoints.get(arg), contribution));
    }
  }
  return result;
};
