/** What a region reads: each access to a stored tensor, with its places, found without writing a kernel. */

import type { Atom, Constant, Variable } from "../ir/program.ts";
import { type Index, indexOf, indexVariable } from "../kernel/index-expression.ts";
import type { Condition } from "../kernel/kernel.ts";
import { costOf } from "./cost.ts";
import type { Node } from "./graph.ts";
import { walk } from "./walk.ts";

/** A place that depends on data is a variable that nothing else has. */
type Visit = (from: Variable | Constant, places: readonly Index[]) => void;

/** Visits every access behind some elements; returns the base operations that they take. */
export const accessesOf = (
  elements: readonly (readonly [atom: Atom, places: readonly Index[]])[],
  nodeOf: (variable: Variable) => Node | undefined,
  visit: Visit,
  visitCondition?: (condition: Condition) => void,
): number => {
  let operations = 0;
  const read = walk<null>(
    {
      load: (from, places) => {
        visit(from, places);
        return null;
      },
      constant: () => null,
      map: (_, body) => {
        operations += costOf(body);
        return null;
      },
      counted: () => null,
      when: (_, conditions, inner, other) => {
        for (const condition of conditions) visitCondition?.(condition);
        inner();
        other();
        return null;
      },
      place: (_, size) => indexOf(indexVariable("data", size)),
      lanes: (value) => {
        for (const lane of [0, 1, 2, 3]) value(lane);
        return null;
      },
    },
    { nodeOf },
  );
  for (const [atom, places] of elements) read(atom, places);
  return operations;
};
