/**
 * The meaning of kernels, in plain JavaScript on typed arrays: one point of the grid after another, f32 rounding in each
 * step. The threads of a point run up to the next barrier in turn.
 */

import { baseRecordOf } from "../../compiler/kernel/base-record.ts";
import type { Index, IndexAtom, IndexVariable } from "../../compiler/kernel/index-expression.ts";
import type {
  Buffer,
  Condition,
  Kernel,
  Local,
  Scalar,
  Statement,
  Storage,
  Value,
} from "../../compiler/kernel/kernel.ts";
import type { BaseOp } from "../../dsl/scalar/base.ts";

export type Elements = Float32Array | Int32Array | Uint32Array;
type Lane = number | boolean;

/** Elements of a buffer as they lie in memory: a bool is the u32 0 or 1. */
export const elementsOf = (storage: Storage, values: number | readonly number[]): Elements => {
  const form = storage === "f32" ? Float32Array : storage === "i32" ? Int32Array : Uint32Array;
  return typeof values === "number" ? new form(values) : new form(values);
};

export interface InterpreterOptions {
  /** `fma` with one rounding. */
  readonly fused?: boolean;
  readonly low?: number;
  readonly high?: number;
}

interface State {
  readonly variables: Map<IndexVariable, number>;
  readonly locals: Map<Local, readonly Lane[]>;
  readonly memory: (buffer: Buffer) => Elements;
  readonly fused: boolean;
}

const atomValue = (atom: IndexAtom, state: State): number => {
  if (atom.kind === "variable") {
    const value = state.variables.get(atom);
    if (value === undefined) throw new Error(`${atom.name} has no value`);
    return value;
  }
  const of = indexValue(atom.of, state);
  return atom.kind === "quotient" ? Math.floor(of / atom.by) : of - Math.floor(of / atom.by) * atom.by;
};

const indexValue = ({ constant, terms }: Index, state: State): number =>
  terms.reduce((sum, { coefficient, atom }) => sum + coefficient * atomValue(atom, state), constant);

const place = (buffer: Buffer, index: Index, lanes: number, state: State): number => {
  const at = indexValue(index, state);
  if (at < 0 || at + lanes > buffer.size)
    throw new Error(`${buffer.name}[${at}] of ${lanes} is outside its ${buffer.size} elements`);
  return at;
};

const rounded = (value: Lane, type: Scalar): Lane => (type === "f32" ? Math.fround(value as number) : value);

const apply = (op: BaseOp, types: readonly Scalar[], result: Scalar, args: readonly Lane[], fused: boolean): Lane => {
  const record = baseRecordOf(op);
  if (op === "fma") {
    const [a = 0, b = 0, c = 0] = args as readonly number[];
    return fused ? (record.single?.(a, b, c) as number) : Math.fround(Math.fround(a * b) + c);
  }
  return rounded(record.meaningFor(types)(...args), result);
};

const evaluate = (value: Value, state: State): readonly Lane[] => {
  const { scalar: type, lanes } = value.type;
  const all = Array.from({ length: lanes }, (_, lane) => lane);
  switch (value.kind) {
    case "constant": {
      const words = type === "i32" ? Number(value.value) | 0 : type === "u32" ? Number(value.value) >>> 0 : value.value;
      return all.map(() => rounded(words, type));
    }
    case "local": {
      const found = state.locals.get(value);
      if (found === undefined) throw new Error(`${value.name} has no value`);
      return found;
    }
    case "index":
      return [indexValue(value.index, state) | 0];
    case "load": {
      const at = place(value.buffer, value.index, lanes, state);
      const words = all.map((lane) => state.memory(value.buffer)[at + lane] as number);
      return type === "bool" ? words.map((word) => word !== 0) : words;
    }
    case "op": {
      const args = value.args.map((arg) => evaluate(arg, state));
      const types = value.args.map((arg) => arg.type.scalar);
      return all.map((lane) =>
        apply(
          value.op,
          types,
          type,
          args.map((arg) => arg[lane] as Lane),
          state.fused,
        ),
      );
    }
    case "splat": {
      const [only] = evaluate(value.value, state);
      return all.map(() => only as Lane);
    }
    case "lane":
      return [evaluate(value.value, state)[value.lane] as Lane];
    case "vector":
      return value.values.map((each) => evaluate(each, state)[0] as Lane);
  }
};

const holds = (condition: Condition, state: State): boolean => {
  if (condition.kind === "value") return evaluate(condition.value, state)[0] as boolean;
  const value = indexValue(condition.index, state);
  return condition.low <= value && value < condition.high;
};

/** Runs statements, and stops at each barrier. */
function* run(statements: readonly Statement[], state: State): Generator<void> {
  for (const statement of statements) {
    switch (statement.kind) {
      case "let":
      case "var":
      case "assign":
        state.locals.set(statement.local, evaluate(statement.value, state));
        break;
      case "bind":
        state.variables.set(statement.variable, evaluate(statement.value, state)[0] as number);
        break;
      case "store": {
        const lanes = evaluate(statement.value, state);
        const at = place(statement.buffer, statement.index, lanes.length, state);
        lanes.forEach((lane, i) => {
          state.memory(statement.buffer)[at + i] = Number(lane);
        });
        break;
      }
      case "loop": {
        const count = statement.count === undefined ? Number.POSITIVE_INFINITY : indexValue(statement.count, state);
        for (let i = 0; i < Math.min(statement.variable.size, count); i++) {
          state.variables.set(statement.variable, i);
          yield* run(statement.body, state);
        }
        break;
      }
      case "if":
        if (statement.when.every((condition) => holds(condition, state))) yield* run(statement.body, state);
        else yield* run(statement.otherwise ?? [], state);
        break;
      case "barrier":
        yield;
    }
  }
}

/** Memory that begins as nobody may rely on. */
const uninitialised = (known: Map<Buffer, Elements>, buffer: Buffer): Elements => {
  const elements =
    known.get(buffer) ?? elementsOf(buffer.storage, buffer.size).fill(buffer.storage === "f32" ? NaN : 77);
  known.set(buffer, elements);
  return elements;
};

/** Runs points low to high of the grid (all of it, if they are not given) on arguments in the order of the buffers. */
export const interpretKernel = (kernel: Kernel, args: readonly Elements[], options: InterpreterOptions = {}): void => {
  const points = kernel.grid.reduce((size, axis) => size * axis.size, 1);
  const { fused = false, low = 0, high = points } = options;
  for (let point = low; point < high; point++) {
    const axes = new Map<IndexVariable, number>();
    let rest = point;
    for (const axis of [...kernel.grid].reverse()) {
      axes.set(axis, rest % axis.size);
      rest = Math.floor(rest / axis.size);
    }
    const shared = new Map<Buffer, Elements>();
    const threads = Array.from({ length: kernel.threads?.size ?? 1 }, (_, thread) => {
      const own = new Map<Buffer, Elements>();
      const variables = new Map(axes);
      if (kernel.threads !== undefined) variables.set(kernel.threads, thread);
      const memory = (buffer: Buffer): Elements => {
        if (buffer.space !== "global") return uninitialised(buffer.space === "scratch" ? own : shared, buffer);
        return args[kernel.buffers.indexOf(buffer)] as Elements;
      };
      return run(kernel.body, { variables, locals: new Map(), memory, fused });
    });
    let waiting = threads;
    while (waiting.length > 0) waiting = waiting.filter((thread) => thread.next().done !== true);
  }
};
