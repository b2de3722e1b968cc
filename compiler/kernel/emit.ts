/** An emitter writes the statements of a kernel in order; what is inside a loop or a condition is written by a function. */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import { expand } from "../../dsl/scalar/base.ts";
import { type Expression, nodesOf } from "../../dsl/scalar/expression.ts";
import { merge } from "../../dsl/scalar/merge.ts";
import { type Index, indexOf, indexVariable } from "./index-expression.ts";
import type { Buffer, Condition, Local, Statement, Value } from "./kernel.ts";
import { constantValue, local, operation, typeOf } from "./values.ts";

export interface Emitter {
  /** What has been written where the emitter stands now. */
  readonly statements: readonly Statement[];
  /** Names a value, so that it is computed once. What costs nothing is given back as it is. */
  readonly name: (name: string, value: Value) => Value;
  readonly variable: (name: string, first: Value) => Local;
  readonly assign: (variable: Local, value: Value) => void;
  readonly store: (buffer: Buffer, index: Index, value: Value) => void;
  /** An i32 value as an index in 0 … size − 1, which it must be. */
  readonly bind: (name: string, size: number, value: Value) => Index;
  readonly loop: (name: string, size: number, body: (index: Index) => void, count?: Index) => void;
  readonly when: (conditions: readonly Condition[], body: () => void, otherwise?: () => void) => void;
  readonly barrier: () => void;
}

const isFree = (value: Value): boolean => value.kind === "local" || value.kind === "constant";

export const emitter = (): Emitter => {
  let current: Statement[] = [];
  const inside = (body: () => void): Statement[] => {
    const around = current;
    const own: Statement[] = [];
    current = own;
    try {
      body();
    } finally {
      current = around;
    }
    return own;
  };
  const self: Emitter = {
    get statements() {
      return current;
    },
    name: (name, value) => {
      if (isFree(value)) return value;
      const named = local(name, value.type);
      current.push({ kind: "let", local: named, value });
      return named;
    },
    variable: (name, first) => {
      const named = local(name, first.type);
      current.push({ kind: "var", local: named, value: first });
      return named;
    },
    assign: (variable, value) => void current.push({ kind: "assign", local: variable, value }),
    store: (buffer, index, value) => void current.push({ kind: "store", buffer, index, value }),
    bind: (name, size, value) => {
      const variable = indexVariable(name, size);
      current.push({ kind: "bind", variable, value });
      return indexOf(variable);
    },
    loop: (name, size, body, count) => {
      if (size === 0) return;
      if (size === 1 && count === undefined) {
        body(indexOf(0));
        return;
      }
      const variable = indexVariable(name, size);
      const statements = inside(() => body(indexOf(variable)));
      current.push({ kind: "loop", variable, body: statements, ...(count && { count }) });
    },
    when: (conditions, body, otherwise) => {
      const own = inside(body);
      const other = otherwise && inside(otherwise);
      current.push({ kind: "if", when: conditions, body: own, ...(other && other.length > 0 && { otherwise: other }) });
    },
    barrier: () => void current.push({ kind: "barrier" }),
  };
  return self;
};

/** Writes what a scalar expression computes of the inputs, each shared part once. */
export const emitExpression = (emit: Emitter, expression: Expression, inputs: readonly Value[], name = "t"): Value => {
  const root = merge(expand(expression));
  const values = new Map<Expression, Value>();
  const uses = new Map<Expression, number>();
  const nodes = nodesOf(root);
  for (const node of nodes)
    if (node.kind === "call") for (const arg of node.args) uses.set(arg, (uses.get(arg) ?? 0) + 1);
  for (const node of nodes) {
    if (node.kind === "input") values.set(node, inputs[node.index] as Value);
    else if (node.kind === "constant") values.set(node, constantValue(node.value, typeOf(node.type)));
    else {
      const value = operation(node.fn.name as BaseOp, ...node.args.map((arg) => values.get(arg) as Value));
      values.set(node, (uses.get(node) ?? 0) > 1 ? emit.name(name, value) : value);
    }
  }
  return values.get(root) as Value;
};

/** An index in a condition: low ≤ index < high. */
export const within = (index: Index, low: number, high: number): Condition => ({ kind: "range", index, low, high });
