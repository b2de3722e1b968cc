/** One reading of a program: sources, the place that is being read, and what was found wrong. */

import { fileURLToPath } from "node:url";
import { DTypeError } from "../../dsl/dtype.ts";
import type { ScalarType } from "../../dsl/scalar/expression.ts";
import { ShapeError } from "../../dsl/shape.ts";
import { badArgument, type Diagnostic, dtypeFault, Fault, type Message, shapeFault } from "../diagnostics.ts";
import type { Origin, Place } from "../ir/program.ts";
import type { Scope } from "./scope.ts";
import type { Sources, ts } from "./source.ts";

export interface Session {
  readonly sources: Sources;
  readonly diagnostics: Diagnostic[];
  /** Names of the functions that are being called, outermost first. */
  readonly path: string[];
  /** Where they are called, as far as that is not in a library. */
  readonly callers: (Place | undefined)[];
  /** The call that is being made: where its equations come from. */
  node: ts.Node | undefined;
  /** Inside the lambda of a map, where names mean elements: the type of the elements, which numbers take. */
  element: ScalarType | undefined;
  readonly evaluate: (node: ts.Expression, scope: Scope) => unknown;
  readonly execute: (node: ts.Statement, scope: Scope) => Completion;
  /** Told of each call's value, for checks that compare it with something else. */
  onCall?: (node: ts.Node, value: unknown) => void;
  /** The directory that places are shown relative to. */
  readonly root: string;
}

/** How a statement ended. */
export type Completion =
  | undefined
  | { readonly kind: "return"; readonly value: unknown }
  | { readonly kind: "break" }
  | { readonly kind: "continue" };

/** The value of an expression that was faulty: what depends on it is not read, so that one fault is one message. */
export const POISON: unique symbol = Symbol("poison");

/** Ends the reading of a function whose course depends on a faulty value. */
export class Abandoned extends Error {}

export const placeOf = (session: Session, node: ts.Node): Place => {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart());
  const name = file.fileName.startsWith(`${session.root}/`)
    ? file.fileName.slice(session.root.length + 1)
    : file.fileName;
  return { file: name, line: line + 1, column: character + 1 };
};

const ownLibrary = fileURLToPath(new URL("../../dsl/", import.meta.url));

/** Whether a file is the language's own, or a package's. */
const isLibrary = (file: string): boolean => file.startsWith(ownLibrary) || file.includes("/node_modules/");

/** The place of a call, if it is not in a library. */
export const callerAt = (session: Session, node: ts.Node | undefined): Place | undefined =>
  node === undefined || isLibrary(node.getSourceFile().fileName) ? undefined : placeOf(session, node);

export const originAt = (session: Session, node: ts.Node | undefined): Origin => {
  const place = node && placeOf(session, node);
  const path = [...session.path];
  const caller =
    node && isLibrary(node.getSourceFile().fileName)
      ? session.callers.findLast((each) => each !== undefined)
      : undefined;
  return { place, path, ...(caller && { caller }) };
};

export const fail = (session: Session, node: ts.Node, message: Message): never => {
  throw new Fault({ ...message, origin: originAt(session, node) });
};

/** Keeps a fault for the end, and goes on with POISON; anything else is ours, and goes up. */
export const report = (session: Session, error: unknown): typeof POISON => {
  if (error instanceof Abandoned) return POISON;
  if (!(error instanceof Fault)) throw error;
  const { code, origin } = error.diagnostic;
  const same = (other: Diagnostic): boolean =>
    other.code === code && JSON.stringify(other.origin.place) === JSON.stringify(origin.place);
  if (!session.diagnostics.some(same)) session.diagnostics.push(error.diagnostic);
  return POISON;
};

/** Calls a function of the library for a call in the source: its errors become diagnostics there. */
export const callNative = (session: Session, node: ts.Node, call: () => unknown): unknown => {
  const outer = session.node;
  session.node = node;
  try {
    return call();
  } catch (error) {
    if (error instanceof Fault || error instanceof Abandoned) throw error;
    if (error instanceof ShapeError) return fail(session, node, shapeFault(error.message));
    if (error instanceof DTypeError) return fail(session, node, dtypeFault(error.message));
    if (error instanceof Error && !error.message.startsWith("internal:"))
      return fail(session, node, badArgument(error.message));
    throw error;
  } finally {
    session.node = outer;
  }
};

/** Whether a faulty value is in a tree of values. */
export const hasPoison = (value: unknown, depth = 4): boolean => {
  if (value === POISON) return true;
  if (depth === 0 || typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => hasPoison(item, depth - 1));
  return (
    Object.getPrototypeOf(value) === Object.prototype && Object.values(value).some((item) => hasPoison(item, depth - 1))
  );
};
