/** Merge: equal parts of a scalar expression become one part, which is computed once. */

import { type Expression, nodesOf } from "./expression.ts";

/** The expression with one node for all that are equal. */
export const merge = (root: Expression): Expression => {
  const merged = new Map<Expression, Expression>();
  const numbers = new Map<Expression, number>();
  const known = new Map<string, Expression>();
  for (const node of nodesOf(root)) {
    let key: string;
    let own: Expression = node;
    if (node.kind === "input") key = `input ${node.index} ${node.type}`;
    else if (node.kind === "constant") key = `${Object.is(node.value, -0) ? "-0" : node.value} ${node.type}`;
    else {
      const args = node.args.map((arg) => merged.get(arg) as Expression);
      key = `${node.fn.name} ${args.map((arg) => numbers.get(arg))}`;
      if (args.some((arg, i) => arg !== node.args[i])) own = { ...node, args };
    }
    const found = known.get(key) ?? own;
    known.set(key, found);
    merged.set(node, found);
    if (!numbers.has(found)) numbers.set(found, numbers.size);
  }
  return merged.get(root) as Expression;
};
