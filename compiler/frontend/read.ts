/**
 * The front end: an abstract interpreter over the syntax tree. Static values are computed, tensors are recorded, and what
 * comes out is a Program; or everything that was found wrong.
 */

import path from "node:path";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { isTensor } from "../../dsl/tensor.ts";
import {
  CompileError,
  exportNotFound,
  Fault,
  fileNotFound,
  type Message,
  notAFunction,
  resultNotTensors,
  typeError,
} from "../diagnostics.ts";
import type { Program, Variable } from "../ir/program.ts";
import { record } from "../ir/record.ts";
import { sourceOf } from "./closures.ts";
import { type EntryOptions, entryParameters, isTensorType, type Spec } from "./entry.ts";
import { evaluateExpression } from "./expressions.ts";
import { describeStatic } from "./forms.ts";
import { loadModule } from "./modules.ts";
import { nameValue } from "./naming.ts";
import { hasPoison, originAt, POISON, placeOf, report, type Session } from "./session.ts";
import type { Sources } from "./source.ts";
import { executeStatement } from "./statements.ts";
import { typeVerifier, type Verification } from "./verify-types.ts";

export interface ReadOptions extends EntryOptions {
  /** Runs the checker on the entry's file first, and stops at its errors. */
  readonly checkTypes?: boolean;
  /** Compares the shapes that are found with the checker's types; differences are diagnostics. */
  readonly verifyTypes?: boolean;
  /** The directory that places are shown relative to. */
  readonly root?: string;
}

/** How a tree of tensors lies in a list of them. `null` is a leaf. */
export type Structure = null | readonly Structure[] | { readonly [key: string]: Structure };

export interface Signature {
  /** Tensor arguments by name, in order; static ones are gone. */
  readonly parameters: readonly { readonly name: string; readonly structure: Structure | "static" }[];
  readonly result: Structure;
}

export interface Entry {
  readonly program: Program;
  readonly signature: Signature;
  /** What was compared, where `verifyTypes` asked for it. */
  readonly verification: Verification | undefined;
}

export const openSession = (sources: Sources, root: string): Session => {
  const session: Session = {
    sources,
    diagnostics: [],
    path: [],
    callers: [],
    node: undefined,
    element: undefined,
    root,
    evaluate: (node, scope) => evaluateExpression(session, node, scope),
    execute: (node, scope) => executeStatement(session, node, scope),
  };
  return session;
};

/**
 * The exports of a file that are functions.
 * @throws CompileError where there is no such file, or none of them
 */
export const exportedFunctions = (sources: Sources, file: string, root = process.cwd()): readonly string[] => {
  const session = openSession(sources, root);
  const absolute = path.resolve(root, file);
  if (!sources.exists(absolute)) return stop(session, fileNotFound(file));
  const module = loadModule(session, absolute);
  if (session.diagnostics.length > 0) throw new CompileError(session.diagnostics);
  const names = module.names().filter((name) => sourceOf(module.get(name)?.value) !== undefined);
  return names.length > 0 ? names : stop(session, exportNotFound("a function", module.names()));
};

const structureOf = (spec: Spec): Structure =>
  isTensorType(spec)
    ? null
    : Array.isArray(spec)
      ? spec.map(structureOf)
      : Object.fromEntries(Object.entries(spec).map(([key, child]) => [key, structureOf(child)]));

/** A tree of variables of a spec, in the order of its leaves. */
const variablesOf = (spec: Spec, name: string, out: Variable[]): unknown => {
  if (isTensorType(spec)) {
    const variable: Variable = { kind: "variable", type: spec, name };
    out.push(variable);
    return variable;
  }
  if (Array.isArray(spec)) return spec.map((child, i) => variablesOf(child, `${name}.${i}`, out));
  return Object.fromEntries(
    Object.entries(spec).map(([key, child]) => [key, variablesOf(child, `${name}.${key}`, out)]),
  );
};

const isVariable = (value: unknown): value is Variable =>
  typeof value === "object" && value !== null && (value as Variable).kind === "variable" && "type" in value;

const replaceVariables = (tree: unknown, tensorOf: (variable: Variable) => AnyTensor): unknown => {
  if (isVariable(tree)) return tensorOf(tree);
  if (Array.isArray(tree)) return tree.map((child) => replaceVariables(child, tensorOf));
  return Object.fromEntries(
    Object.entries(tree as object).map(([key, child]) => [key, replaceVariables(child, tensorOf)]),
  );
};

const stop = (session: Session, message: Message): never => {
  throw new CompileError([...session.diagnostics, { ...message, origin: { place: undefined, path: [] } }]);
};

/**
 * Reads the function that a file exports as a program.
 * @throws CompileError with everything that was found wrong
 */
export const readProgram = (sources: Sources, file: string, name: string, options: ReadOptions = {}): Entry => {
  const root = options.root ?? process.cwd();
  const absolute = path.resolve(root, file);
  const session = openSession(sources, root);
  if (!sources.exists(absolute)) return stop(session, fileNotFound(file));
  const module = loadModule(session, absolute);
  if (session.diagnostics.length > 0) throw new CompileError(session.diagnostics);
  if (options.checkTypes) checkTypes(session, absolute);
  const verifier = options.verifyTypes ? typeVerifier(session) : undefined;
  if (verifier) session.onCall = verifier.note;
  try {
    const entry = readEntry(session, module.get(name)?.value, name, module.names(), options);
    const verification = verifier?.verify();
    if (session.diagnostics.length > 0) throw new CompileError(session.diagnostics);
    return { ...entry, verification };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    report(session, error);
    throw new CompileError(session.diagnostics);
  }
};

const checkTypes = (session: Session, file: string): void => {
  const source = session.sources.file(file);
  for (const { text, position } of session.sources.typeErrors(file)) {
    const { line, character } = source.getLineAndCharacterOfPosition(position);
    session.diagnostics.push({
      ...typeError(text),
      origin: { place: { file: path.relative(session.root, file), line: line + 1, column: character + 1 }, path: [] },
    });
  }
  if (session.diagnostics.length > 0) throw new CompileError(session.diagnostics);
};

const readEntry = (
  session: Session,
  value: unknown,
  name: string,
  names: readonly string[],
  options: ReadOptions,
): Omit<Entry, "verification"> => {
  if (value === undefined) return stop(session, exportNotFound(name, names));
  if (value === POISON) throw new CompileError(session.diagnostics);
  const source = sourceOf(value);
  if (source === undefined) return stop(session, notAFunction(name, describeStatic(value)));
  const parameters = entryParameters(session, source.node, options);
  const variables: Variable[] = [];
  const trees = parameters.map((parameter) =>
    parameter.kind === "static"
      ? parameter
      : { ...parameter, tree: variablesOf(parameter.spec, parameter.name, variables) },
  );
  let result: Structure = null;
  const { program } = record(
    name,
    variables,
    (_, recorder) => {
      const args = trees.map((parameter) =>
        parameter.kind === "static" ? parameter.value : replaceVariables(parameter.tree, recorder.tensorOf),
      );
      const returned = (value as (...args: readonly unknown[]) => unknown)(...args);
      if (hasPoison(returned, 12) || session.diagnostics.length > 0) throw new CompileError(session.diagnostics);
      const leaves: AnyTensor[] = [];
      result = resultStructure(session, source.node, name, returned, [], leaves);
      if (isTensor(returned)) nameValue(returned, "result");
      return leaves;
    },
    () => originAt(session, session.node),
  );
  return {
    program,
    signature: {
      parameters: parameters.map((parameter) => ({
        name: parameter.name,
        structure: parameter.kind === "static" ? "static" : structureOf(parameter.spec),
      })),
      result,
    },
  };
};

const resultStructure = (
  session: Session,
  node: import("./closures.ts").FunctionNode,
  name: string,
  value: unknown,
  at: readonly string[],
  leaves: AnyTensor[],
): Structure => {
  if (isTensor(value)) {
    leaves.push(value);
    return null;
  }
  if (Array.isArray(value))
    return value.map((child, i) => resultStructure(session, node, name, child, [...at, `${i}`], leaves));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        resultStructure(session, node, name, child, [...at, key], leaves),
      ]),
    );
  }
  const message = resultNotTensors(name, at.join(".") || "(root)", describeStatic(value));
  throw new Fault({ ...message, origin: { place: placeOf(session, node), path: [] } });
};
