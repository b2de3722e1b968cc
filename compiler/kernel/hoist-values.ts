/**
 * Values that do not change in a loop leave it: loads, operations and spreads whose operands are known outside.
 *
 * What a condition guards stays where it is, since its loads may be out of bounds where the condition does not hold.
 */

import { eachVariable, type IndexVariable } from "./index-expression.ts";
import { type Buffer, eachStatement, type Kernel, type Local, type Statement, type Value } from "./kernel.ts";
import { mapOperands, operandsOf } from "./operands.ts";
import { local } from "./values.ts";

/** What a loop changes: its variable, what is bound or assigned in it, and buffers that it stores to. */
interface Changes {
  readonly locals: ReadonlySet<Local>;
  readonly variables: ReadonlySet<IndexVariable>;
  readonly buffers: ReadonlySet<Buffer>;
  readonly hasBarrier: boolean;
}

const changesOf = (loop: Statement & { readonly kind: "loop" }): Changes => {
  const locals = new Set<Local>();
  const variables = new Set<IndexVariable>([loop.variable]);
  const buffers = new Set<Buffer>();
  let hasBarrier = false;
  eachStatement(loop.body, (statement) => {
    switch (statement.kind) {
      case "let":
      case "var":
      case "assign":
        locals.add(statement.local);
        return;
      case "bind":
      case "loop":
        variables.add(statement.variable);
        return;
      case "store":
        buffers.add(statement.buffer);
        return;
      case "barrier":
        hasBarrier = true;
        return;
      default:
        return;
    }
  });
  return { locals, variables, buffers, hasBarrier };
};

const isFixed = (value: Value, changes: Changes): boolean => {
  switch (value.kind) {
    case "constant":
      return true;
    case "local":
      return !changes.locals.has(value);
    case "index":
    case "load": {
      let fixed = value.kind === "index" || !changes.buffers.has(value.buffer);
      // Other threads may write shared memory between barriers.
      if (value.kind === "load" && changes.hasBarrier && value.buffer.space === "workgroup") fixed = false;
      eachVariable(value.index, (variable) => {
        fixed &&= !changes.variables.has(variable);
      });
      return fixed;
    }
    default:
      return operandsOf(value).every((operand) => isFixed(operand, changes));
  }
};

const isFree = (value: Value): boolean => value.kind === "constant" || value.kind === "local" || value.kind === "index";

/** Replaces the largest fixed parts of a value by locals, which `name` makes before the loop. */
const liftFrom = (value: Value, changes: Changes, name: (value: Value) => Local): Value => {
  if (isFree(value)) return value;
  if (isFixed(value, changes)) return name(value);
  return mapOperands(value, (operand) => liftFrom(operand, changes, name));
};

/** The statements with what is fixed in each loop before it; the innermost loops first, so that values rise as far as they can. */
const hoistAll = (statements: readonly Statement[]): Statement[] =>
  statements.flatMap((statement): Statement[] => {
    if (statement.kind === "if") {
      const { otherwise } = statement;
      return [{ ...statement, body: hoistAll(statement.body), ...(otherwise && { otherwise: hoistAll(otherwise) }) }];
    }
    if (statement.kind !== "loop") return [statement];
    const loop = { ...statement, body: hoistAll(statement.body) };
    // A loop that may not run at all must not load anything.
    if (loop.count !== undefined) return [loop];
    return hoistFrom(loop);
  });

const hoistFrom = (loop: Statement & { readonly kind: "loop" }): Statement[] => {
  const before: Statement[] = [];
  const changes = changesOf(loop);
  const locals = changes.locals as Set<Local>;
  const known = new Map<Value, Local>();
  const name = (value: Value): Local => {
    const found = known.get(value);
    if (found !== undefined) return found;
    const made = local(value.kind === "load" ? value.buffer.name : "fixed", value.type);
    before.push({ kind: "let", local: made, value });
    known.set(value, made);
    return made;
  };
  const lift = (value: Value): Value => liftFrom(value, changes, name);
  const body = loop.body.flatMap((statement): Statement[] => {
    switch (statement.kind) {
      case "let": {
        const value = lift(statement.value);
        // A name for something fixed is itself fixed.
        if (isFixed(value, changes)) {
          before.push({ ...statement, value });
          locals.delete(statement.local);
          return [];
        }
        return [{ ...statement, value }];
      }
      case "var":
      case "assign":
        return [{ ...statement, value: lift(statement.value) }];
      case "bind":
      case "store":
        return [{ ...statement, value: lift(statement.value) }];
      default:
        return [statement];
    }
  });
  return [...before, { ...loop, body }];
};

export const hoistValues = (kernel: Kernel): Kernel => ({ ...kernel, body: hoistAll(kernel.body) });
