/** Steps of loops in kernels: index variables that a kernel reads from a buffer before anything else. */

import { eachVariable, type Index, type IndexVariable, indexOf } from "../kernel/index-expression.ts";
import { type Buffer, eachStatement, type Kernel, type Statement } from "../kernel/kernel.ts";
import { load } from "../kernel/values.ts";
import { eachValue } from "../kernel/walk.ts";

/** Steps of loops, with the buffers that hold them. */
export type Counters = ReadonlyMap<IndexVariable, Buffer>;

export const usesCounter = (index: Index, counters: Counters): boolean => {
  let uses = false;
  eachVariable(index, (variable) => {
    uses ||= counters.has(variable);
  });
  return uses;
};

/** The steps of loops that a kernel's indices use. */
export const countersOf = (kernel: Kernel, counters: Counters): ReadonlySet<IndexVariable> => {
  const used = new Set<IndexVariable>();
  const look = (index: Index): void =>
    eachVariable(index, (variable) => void (counters.has(variable) && used.add(variable)));
  eachStatement(kernel.body, (statement) => {
    eachValue(statement, (value) => {
      if (value.kind === "index" || value.kind === "load") look(value.index);
    });
    if (statement.kind === "store") look(statement.index);
    else if (statement.kind === "loop" && statement.count !== undefined) look(statement.count);
    else if (statement.kind === "if")
      for (const condition of statement.when) if (condition.kind === "range") look(condition.index);
  });
  return used;
};

/** Steps of loops that the kernel's indices use are read from their buffers first. */
export const bindCounters = (kernel: Kernel, counters: Counters): Kernel => {
  const used = counters.size === 0 ? new Set<IndexVariable>() : countersOf(kernel, counters);
  if (used.size === 0) return kernel;
  const binds = [...used].map(
    (variable): Statement => ({
      kind: "bind",
      variable,
      value: load(counters.get(variable) as Buffer, indexOf(0)),
    }),
  );
  const extra = [...used]
    .map((variable) => counters.get(variable) as Buffer)
    .filter((buffer) => !kernel.buffers.includes(buffer));
  return { ...kernel, buffers: [...kernel.buffers, ...extra], body: [...binds, ...kernel.body] };
};
