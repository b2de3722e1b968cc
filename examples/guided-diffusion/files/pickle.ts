/**
 * Python's pickles, read by a machine that runs nothing: classes and functions that a pickle names are looked up in a list
 * of the caller's, and every other is an error that names it.
 *
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */

import { FormatError } from "typegrad";
import { quote } from "./part.ts";

/** A class or function that a pickle may call. It checks its arguments itself. */
export type Callable = (args: readonly unknown[]) => unknown;

/** What a pickle may name. */
export interface Names {
  /** By module and name: something to call, or any other object, such as a class that is only mentioned. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** What stands for an object that is kept outside of the pickle. */
  readonly persistent: (id: unknown) => unknown;
}

/** The bytes ended before the pickle did. */
export class PickleEnd extends FormatError {}

interface Machine {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly names: Names;
  readonly stack: unknown[];
  /** Heights of the stack at its open marks. */
  readonly marks: number[];
  readonly memo: Map<number, unknown>;
  at: number;
}

const fail = (machine: Machine, text: string): never => {
  throw new FormatError(`the pickle is damaged at its byte ${machine.at}: ${text}`);
};

/** Where the next `length` bytes begin, which are then behind. */
const skip = (machine: Machine, length: number): number => {
  const { at } = machine;
  if (at + length > machine.bytes.length) {
    throw new PickleEnd(`the pickle is truncated: ${length} bytes are due at ${at}, of ${machine.bytes.length}`);
  }
  machine.at += length;
  return at;
};

const u8 = (machine: Machine): number => machine.view.getUint8(skip(machine, 1));
const u16 = (machine: Machine): number => machine.view.getUint16(skip(machine, 2), true);
const u32 = (machine: Machine): number => machine.view.getUint32(skip(machine, 4), true);
const u64 = (machine: Machine): number => Number(machine.view.getBigUint64(skip(machine, 8), true));

const text = (machine: Machine, length: number): string => {
  const at = skip(machine, length);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(machine.bytes.subarray(at, at + length));
  } catch {
    return fail(machine, "a text is not UTF-8");
  }
};

const line = (machine: Machine): string => {
  const end = machine.bytes.indexOf(10, machine.at);
  if (end < 0) throw new PickleEnd(`the pickle is truncated: a line at ${machine.at} has no end`);
  const read = text(machine, end - machine.at);
  machine.at++;
  return read;
};

/** An integer of two's complement, little-endian: a number where it is one exactly. */
const long = (machine: Machine, length: number): number | bigint => {
  if (length > 1024) return fail(machine, `an integer of ${length} bytes`);
  const at = skip(machine, length);
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(machine.bytes[at + i] as number);
  const signed = BigInt.asIntN(8 * length, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
};

const push = ({ stack }: Machine, value: unknown): void => void stack.push(value);

const pop = (machine: Machine): unknown => {
  if (machine.stack.length <= (machine.marks.at(-1) ?? 0)) fail(machine, "nothing is left on the stack");
  return machine.stack.pop();
};

const top = (machine: Machine): unknown => {
  if (machine.stack.length <= (machine.marks.at(-1) ?? 0)) fail(machine, "nothing is left on the stack");
  return machine.stack.at(-1);
};

const popToMark = (machine: Machine): unknown[] => {
  const mark = machine.marks.pop();
  return mark === undefined ? fail(machine, "there is no mark on the stack") : machine.stack.splice(mark);
};

/** A tuple is an array that cannot change; a list can. */
const tuple = (items: unknown[]): readonly unknown[] => Object.freeze(items);

export const isTuple = (value: unknown): value is readonly unknown[] => Array.isArray(value) && Object.isFrozen(value);

const append = (machine: Machine, items: readonly unknown[]): void => {
  const list = top(machine);
  if (!Array.isArray(list) || Object.isFrozen(list)) fail(machine, "something is appended to what is no list");
  else for (const item of items) list.push(item);
};

/** What a key of a dict may be. */
export const isKey = (value: unknown): boolean =>
  value === null || ["string", "number", "bigint", "boolean"].includes(typeof value);

/** Sets the pairs of a list `[key, value, key, value, …]`. */
const setItems = (machine: Machine, items: readonly unknown[]): void => {
  const dict = top(machine);
  if (!(dict instanceof Map) || items.length % 2 !== 0) throw fail(machine, "items are set in what is no dict");
  for (let i = 0; i < items.length; i += 2) {
    if (!isKey(items[i])) fail(machine, "a key of a dict is neither text nor a number");
    dict.set(items[i], items[i + 1]);
  }
};

const find = (machine: Machine, module: unknown, name: unknown): void => {
  const { globals } = machine.names;
  const full = `${module}.${name}`;
  if (typeof module !== "string" || typeof name !== "string" || !globals.has(full)) {
    throw new FormatError(
      `the pickle names ${quote(full)}, which nothing here needs; no code is run, so it is not read. Allowed are ` +
        `${[...globals.keys()].slice(0, 4).join(", ")} and the like`,
    );
  }
  push(machine, globals.get(full));
};

const reduce = (machine: Machine): void => {
  const args = pop(machine);
  const callable = pop(machine);
  if (typeof callable !== "function" || !isTuple(args)) throw fail(machine, "what is called is no function");
  push(machine, (callable as Callable)(args));
};

/** The attributes of an object: of dicts, which have none that count, they are left out. */
const build = (machine: Machine): void => {
  const state = pop(machine);
  if (!(top(machine) instanceof Map) || !(state instanceof Map)) fail(machine, "attributes are set on what has none");
};

const recall = (machine: Machine, index: number): void => {
  if (!machine.memo.has(index)) fail(machine, `there is nothing in place ${index} of the memo`);
  push(machine, machine.memo.get(index));
};

/** What opcodes do, by their characters in Python's list. */
const operations: Readonly<Record<string, (machine: Machine) => void>> = {
  "\x80": (m) => {
    const protocol = u8(m);
    if (protocol < 2 || protocol > 5) fail(m, `protocol ${protocol}; 2 to 5 can be read`);
  },
  "\x95": (m) => void skip(m, 8), // FRAME
  "(": ({ marks, stack }) => void marks.push(stack.length),
  "0": (m) => void pop(m),
  "1": (m) => void popToMark(m),
  "2": (m) => push(m, top(m)),
  N: (m) => push(m, null),
  "\x88": (m) => push(m, true),
  "\x89": (m) => push(m, false),
  K: (m) => push(m, u8(m)),
  M: (m) => push(m, u16(m)),
  J: (m) => push(m, u32(m) | 0),
  "\x8a": (m) => push(m, long(m, u8(m))),
  "\x8b": (m) => push(m, long(m, u32(m))),
  G: (m) => push(m, m.view.getFloat64(skip(m, 8), false)),
  X: (m) => push(m, text(m, u32(m))),
  "\x8c": (m) => push(m, text(m, u8(m))),
  "\x8d": (m) => push(m, text(m, u64(m))),
  // Texts of Python 2, whose keys are ASCII.
  U: (m) => push(m, text(m, u8(m))),
  T: (m) => push(m, text(m, u32(m))),
  ")": (m) => push(m, tuple([])),
  "\x85": (m) => push(m, tuple([pop(m)])),
  "\x86": (m) => push(m, tuple([pop(m), pop(m)].reverse())),
  "\x87": (m) => push(m, tuple([pop(m), pop(m), pop(m)].reverse())),
  t: (m) => push(m, tuple(popToMark(m))),
  "]": (m) => push(m, []),
  l: (m) => push(m, popToMark(m)),
  a: (m) => {
    const item = pop(m);
    append(m, [item]);
  },
  e: (m) => {
    const items = popToMark(m);
    append(m, items);
  },
  "}": (m) => push(m, new Map()),
  s: (m) => {
    const pair = [pop(m), pop(m)].reverse();
    setItems(m, pair);
  },
  u: (m) => {
    const items = popToMark(m);
    setItems(m, items);
  },
  q: (m) => void m.memo.set(u8(m), top(m)),
  r: (m) => void m.memo.set(u32(m), top(m)),
  "\x94": (m) => void m.memo.set(m.memo.size, top(m)),
  h: (m) => recall(m, u8(m)),
  j: (m) => recall(m, u32(m)),
  c: (m) => find(m, line(m), line(m)),
  "\x93": (m) => {
    const name = pop(m);
    find(m, pop(m), name);
  },
  R: reduce,
  b: build,
  Q: (m) => push(m, m.names.persistent(pop(m))),
};

/**
 * Reads one pickle from `start` on, and says where it ends. Dicts are Maps, lists arrays, tuples frozen arrays.
 * @throws PickleEnd where the bytes end first; FormatError for a pickle that is damaged, or names what is not allowed
 */
export const readPickle = (
  bytes: Uint8Array,
  start: number,
  names: Names,
): { readonly value: unknown; readonly end: number } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine: Machine = { bytes, view, names, stack: [], marks: [], memo: new Map(), at: start };
  for (;;) {
    const code = String.fromCharCode(u8(machine));
    if (code === ".") return { value: pop(machine), end: machine.at };
    const operation = Object.hasOwn(operations, code) ? operations[code] : undefined;
    if (operation === undefined) fail(machine, `opcode ${quote(code)} is none that files of tensors have`);
    else operation(machine);
  }
};
