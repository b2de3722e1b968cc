/** Globals: what a program may use of JavaScript's own, and what to say of the rest. */

import { impureGlobal, statefulGlobal } from "../diagnostics.ts";
import { fail, type Session } from "./session.ts";
import type { ts } from "./source.ts";

const pure: Readonly<Record<string, unknown>> = {
  Math,
  Number,
  String,
  Boolean,
  BigInt,
  Array,
  Object,
  Infinity,
  NaN,
  parseInt: Number.parseInt,
  parseFloat: Number.parseFloat,
  isFinite: Number.isFinite,
  isNaN: Number.isNaN,
};

export const globalValue = (name: string): unknown => (Object.hasOwn(pure, name) ? pure[name] : undefined);

const impure: Readonly<Record<string, string>> = {
  Date: "take it as an argument, now: Tensor<[]>.",
  console: "return the value, and print it outside.",
  fetch: "load data outside, and pass it in.",
  process: "read it outside, and pass it in as a static argument.",
  globalThis: "name what is needed as an argument.",
  window: "name what is needed as an argument.",
  document: "name what is needed as an argument.",
  performance: "measure outside of the program.",
  crypto: "use random.bits(key, shape), with a key made outside.",
  setTimeout: "wait outside of the program.",
  Promise: "await outside of the program, and pass the value in.",
  JSON: "read it outside, and pass the value in as a static argument.",
  eval: "write the code itself.",
  require: "import at the top of the file.",
};

const asTensor = 'tensor([...], "f32"), or take the tensor as an argument.';
const stateful: Readonly<Record<string, string>> = {
  Map: "a record { … }, or an array of pairs.",
  Set: "an array, with includes.",
  WeakMap: "a record { … }.",
  Symbol: "a string.",
  Proxy: "a record { … }.",
  Float32Array: asTensor,
  Float64Array: asTensor,
  Int32Array: asTensor,
  Uint32Array: asTensor,
  Uint8Array: asTensor,
};

/** Fails for a global that reads or changes the world, or that holds state. */
export const refuseImpure = (session: Session, node: ts.Node, name: string): void => {
  const instead = Object.hasOwn(impure, name) ? impure[name] : undefined;
  if (instead !== undefined) fail(session, node, impureGlobal(name, instead));
  const value = Object.hasOwn(stateful, name) ? stateful[name] : undefined;
  if (value !== undefined) fail(session, node, statefulGlobal(name, value));
};

/** Members of the pure globals that are not pure. */
export const refuseImpureMember = (session: Session, node: ts.Node, object: unknown, name: string): void => {
  if (object === Math && name === "random") {
    fail(
      session,
      node,
      impureGlobal(
        "Math.random",
        'import * as random from "typegrad/random", take a parameter key: Tensor<[2], "u32">, and write random.uniform(key, []).',
      ),
    );
  }
};
