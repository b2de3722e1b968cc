/**
 * Kernel: the loop IR. A kernel is what one dispatch computes, in terms that every device has.
 *
 *   kernel    = name(buffer, …) grid(axis, …) [threads variable] { statement … }
 *   statement = let local = value            bound once
 *             | var local = value            may be assigned
 *             | local := value
 *             | bind variable = value        an i32 value becomes an index variable
 *             | buffer[index] = value        as many consecutive elements as the value has lanes
 *             | loop variable { statement … }
 *             | if condition and … { statement … } [else { statement … }]
 *             | barrier                      in kernels with threads: all writes before it are seen after it
 *   value     = constant | local | index | load buffer[index] | op(value, …) | splat value | lane i of value | vector of values
 *   condition = low ≤ index < high | value (bool)
 *
 * The body runs once for each point of the grid, in any order and at the same time; no point reads what another writes.
 * Where the kernel has threads, each point is a workgroup of that many, and the body runs once for each thread of it.
 * Values have one lane or four. Types of operands are equal but for the ops that convert; `check.ts` says the rest.
 */

import type { BaseOp } from "../../dsl/scalar/base.ts";
import type { Index, IndexVariable } from "./index-expression.ts";

/** How elements are computed with. */
export type Scalar = "f32" | "i32" | "u32" | "bool";
export type Lanes = 1 | 4;

export interface ValueType {
  readonly scalar: Scalar;
  readonly lanes: Lanes;
}

/** How elements lie in memory: four bytes each. A bool is the u32 0 or 1. */
export type Storage = "f32" | "i32" | "u32" | "bool";

/**
 * Memory that a kernel accesses. Global buffers are its arguments, in the order of `Kernel.buffers`; workgroup memory is
 * shared by the threads of a grid point; scratch belongs to one thread. Neither of the last two is zero at first.
 */
export interface Buffer {
  readonly name: string;
  readonly storage: Storage;
  readonly space: "global" | "workgroup" | "scratch";
  readonly access: "read" | "write" | "readwrite";
  /** Elements. */
  readonly size: number;
}

/** Memory of one invocation, or of the thread that runs it, for so many elements. */
export const scratchBuffer = (name: string, size: number, storage: Storage = "f32"): Buffer => ({
  name,
  storage,
  space: "scratch",
  access: "readwrite",
  size,
});

export interface Local {
  readonly kind: "local";
  readonly name: string;
  readonly type: ValueType;
}

export type Value =
  | { readonly kind: "constant"; readonly type: ValueType; readonly value: number | boolean }
  | Local
  | { readonly kind: "index"; readonly type: ValueType; readonly index: Index }
  | { readonly kind: "load"; readonly type: ValueType; readonly buffer: Buffer; readonly index: Index }
  | { readonly kind: "op"; readonly type: ValueType; readonly op: BaseOp; readonly args: readonly Value[] }
  /** One lane, four times. */
  | { readonly kind: "splat"; readonly type: ValueType; readonly value: Value }
  | { readonly kind: "lane"; readonly type: ValueType; readonly value: Value; readonly lane: 0 | 1 | 2 | 3 }
  | { readonly kind: "vector"; readonly type: ValueType; readonly values: readonly [Value, Value, Value, Value] };

export type Condition =
  | { readonly kind: "range"; readonly index: Index; readonly low: number; readonly high: number }
  | { readonly kind: "value"; readonly value: Value };

export type Statement =
  | { readonly kind: "let"; readonly local: Local; readonly value: Value }
  | { readonly kind: "var"; readonly local: Local; readonly value: Value }
  | { readonly kind: "assign"; readonly local: Local; readonly value: Value }
  | { readonly kind: "bind"; readonly variable: IndexVariable; readonly value: Value }
  | { readonly kind: "store"; readonly buffer: Buffer; readonly index: Index; readonly value: Value }
  /** Runs for variable = 0 … size − 1, or below `count` where that is given and less. */
  | {
      readonly kind: "loop";
      readonly variable: IndexVariable;
      readonly count?: Index;
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "if";
      readonly when: readonly Condition[];
      readonly body: readonly Statement[];
      readonly otherwise?: readonly Statement[];
    }
  | { readonly kind: "barrier" };

export interface Kernel {
  /** From the source, for people; kernels of one text are one kernel whatever they are called. */
  readonly name: string;
  /** The global buffers. */
  readonly buffers: readonly Buffer[];
  /** Axes of the grid, the slowest first. */
  readonly grid: readonly IndexVariable[];
  readonly threads?: IndexVariable;
  readonly body: readonly Statement[];
  readonly cost: Cost;
  /** Lines for the header of the text: what is computed, with shapes. */
  readonly notes: readonly string[];
}

export interface Cost {
  /** Floating-point operations of one dispatch. */
  readonly flops: number;
  /** Bytes of the elements that are read and written, each once. */
  readonly bytes: number;
}

/** Points of the grid. */
export const gridSize = (kernel: Kernel): number => kernel.grid.reduce((size, axis) => size * axis.size, 1);

/** The statements inside a statement. */
export const bodiesOfStatement = (statement: Statement): readonly (readonly Statement[])[] => {
  switch (statement.kind) {
    case "loop":
      return [statement.body];
    case "if":
      return statement.otherwise === undefined ? [statement.body] : [statement.body, statement.otherwise];
    default:
      return [];
  }
};

/** Calls `visit` with each statement, outer ones first. */
export const eachStatement = (statements: readonly Statement[], visit: (statement: Statement) => void): void => {
  for (const statement of statements) {
    visit(statement);
    for (const body of bodiesOfStatement(statement)) eachStatement(body, visit);
  }
};
