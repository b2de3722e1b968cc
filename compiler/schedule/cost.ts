/** What computing an element costs, in base operations: enough to tell what is better computed again than stored. */

import { expand } from "../../dsl/scalar/base.ts";
import { type Expression, nodesOf } from "../../dsl/scalar/expression.ts";

const known = new WeakMap<Expression, number>();

/** Base operations of an expression. */
export const costOf = (body: Expression): number => {
  let cost = known.get(body);
  if (cost === undefined) {
    cost = nodesOf(expand(body)).filter(({ kind }) => kind === "call").length;
    known.set(body, cost);
  }
  return cost;
};
