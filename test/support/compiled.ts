/** Modules given as text: run directly, as JavaScript, and read by the compiler, as programs. */

import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Spec } from "../../compiler/frontend/entry.ts";
import { type Entry, type ReadOptions, readProgram } from "../../compiler/frontend/read.ts";
import { openSources, ts } from "../../compiler/frontend/source.ts";
import * as typegrad from "../../dsl/index.ts";
import * as nn from "../../dsl/nn/index.ts";
import * as optim from "../../dsl/optim/index.ts";
import * as random from "../../dsl/random/index.ts";
import { type AnyTensor, isTensor } from "../../dsl/tensor.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the texts may import, as values. */
const modules: Readonly<Record<string, unknown>> = {
  typegrad,
  "typegrad/nn": nn,
  "typegrad/optim": optim,
  "typegrad/random": random,
};

type Exports = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

export interface Modules {
  /** The exports of a module, to be called directly. */
  readonly run: (name: string) => Exports;
  readonly read: (name: string, exported: string, options?: ReadOptions) => Entry;
}

const requireModule = (specifier: string): unknown => {
  const found = modules[specifier];
  if (found === undefined) throw new Error(`no module ${specifier} for programs of tests`);
  return found;
};

/** Runs a text as a CommonJS module. */
const execute = (name: string, text: string): Exports => {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
    fileName: name,
  });
  const exports: Exports = {};
  new Function("require", "exports", outputText)(requireModule, exports);
  return exports;
};

/** Modules by name; they lie, for the compiler, in a folder of this package, and so may import it. */
export const openModules = (texts: Readonly<Record<string, string>>): Modules => {
  const fileOf = (name: string): string => path.join(root, "test/generated", name);
  const sources = openSources(
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [fileOf(name), text] as const)),
  );
  const executed = new Map<string, Exports>();
  return {
    run: (name) => {
      const exports = executed.get(name) ?? execute(name, texts[name] as string);
      executed.set(name, exports);
      return exports;
    },
    read: (name, exported, options) => readProgram(sources, fileOf(name), exported, { root, ...options }),
  };
};

/** The tensors of arguments or a result, in the order of a program's parameters and results; static values are left out. */
export const tensorsIn = (value: unknown): AnyTensor[] =>
  isTensor(value)
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(tensorsIn)
      : [];

/** The type of a value as TypeScript text: literal dims, tuples and records. */
export const typeText = (value: unknown): string => {
  if (isTensor(value)) return `Tensor<[${value.shape.join(", ")}], "${value.dtype}">`;
  if (Array.isArray(value)) return `readonly [${value.map(typeText).join(", ")}]`;
  return `{ ${Object.entries(value as object)
    .map(([key, child]) => `readonly ${key}: ${typeText(child)}`)
    .join("; ")} }`;
};

/** The types of a tree of tensors, as they are given to the compiler where the source does not say them. */
export const specOf = (value: unknown): Spec => {
  if (isTensor(value)) return { shape: value.shape, dtype: value.dtype };
  if (Array.isArray(value)) return value.map(specOf);
  return Object.fromEntries(Object.entries(value as object).map(([key, child]) => [key, specOf(child)]));
};

/** The same of each argument, by its name. */
export const specsOf = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, Spec>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, specOf(value)]));
