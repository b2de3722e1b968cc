/** `fold` of recorded tensors: the step is read once, as the body of a loop. */

import { checkCarry, stepsOf } from "../../dsl/ops/fold.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { leavesOf, treeWith } from "../../dsl/tree.ts";
import type { Variable } from "../ir/program.ts";
import { currentRecorder, record } from "../ir/record.ts";
import { variablesOf } from "./leaves.ts";
import { Abandoned, hasPoison, originAt, type Session } from "./session.ts";
import type { ts } from "./source.ts";

type Step = (carry: unknown, x: unknown, i: AnyTensor) => unknown;

export const recordFold = (session: Session, node: ts.Node, [xs, init, step]: readonly unknown[]): unknown => {
  const items = leavesOf("fold", xs);
  const carries = leavesOf("fold", init);
  const steps = stepsOf(items.map(({ tensor }) => tensor));
  const itemVariables = variablesOf(items).map(
    ({ type, ...rest }): Variable => ({ ...rest, type: { shape: type.shape.slice(1), dtype: type.dtype } }),
  );
  const index: Variable = { kind: "variable", type: { shape: [], dtype: "i32" }, name: "i" };
  const { program: body, captures } = record(
    "step",
    [...variablesOf(carries), ...itemVariables, index],
    (tensors) => {
      const carry = treeWith(init, tensors.slice(0, carries.length));
      const item = treeWith(xs, tensors.slice(carries.length, carries.length + items.length));
      const next = (step as Step)(carry, item, tensors[carries.length + items.length] as AnyTensor);
      if (hasPoison(next)) throw new Abandoned();
      checkCarry(carry, next);
      const found = new Map(leavesOf("fold", next).map(({ path, tensor }) => [path, tensor]));
      return carries.map(({ path }) => found.get(path) as AnyTensor);
    },
    () => originAt(session, session.node ?? node),
  );
  const outputs = currentRecorder().write(
    { kind: "fold", steps, carries: carries.length, items: items.length, reverse: false, body },
    [...carries, ...items].map(({ tensor }) => tensor).concat(captures),
    body.results.map(({ type }) => type),
  );
  return treeWith(init, outputs);
};
