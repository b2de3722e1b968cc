/** Functions of the program, as JavaScript functions that read their source when they are called. */

import { runawayRecursion, unsupportedSyntax } from "../diagnostics.ts";
import { bindPattern } from "./patterns.ts";
import { type Activation, declare, innerScope, own, type Scope } from "./scope.ts";
import { Abandoned, callerAt, fail, POISON, type Session } from "./session.ts";
import { ts } from "./source.ts";
import { runStatements } from "./statements.ts";

export type FunctionNode = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration | ts.MethodDeclaration;

export type Closure = (...args: readonly unknown[]) => unknown;

interface ClosureSource {
  readonly node: FunctionNode;
  readonly scope: Scope;
}

const sources = new WeakMap<object, ClosureSource>();

export const sourceOf = (value: unknown): ClosureSource | undefined =>
  typeof value === "function" ? sources.get(value) : undefined;

/** Deepest nesting of calls; recursion ends on static values long before. */
const maximalDepth = 400;

/** The name of a function: its own, or that of the const that it is bound to. */
const nameOf = (node: FunctionNode): string => {
  if (node.name && ts.isIdentifier(node.name)) return node.name.text;
  const { parent } = node;
  if (parent && (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) && ts.isIdentifier(parent.name))
    return parent.name.text;
  return "";
};

export const makeClosure = (session: Session, node: FunctionNode, scope: Scope): Closure => {
  if (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)) {
    fail(
      session,
      node,
      unsupportedSyntax(
        "an async function",
        "Programs are synchronous.",
        "an ordinary function; await outside of the program",
      ),
    );
  }
  if (node.asteriskToken)
    fail(
      session,
      node,
      unsupportedSyntax("a generator", "Programs have no iterators of their own.", "a function that returns an array"),
    );
  const name = nameOf(node);
  const closure: Closure = (...args) => {
    const depth = scope.activation.depth;
    if (session.path.length > maximalDepth)
      fail(session, session.node ?? node, runawayRecursion(name || "a function", maximalDepth));
    const activation: Activation = { name, depth: depth + 1 };
    const inner = innerScope(scope, activation);
    if (name !== "") session.path.push(name);
    session.callers.push(callerAt(session, session.node));
    try {
      node.parameters.forEach((parameter, i) => {
        const value = parameter.dotDotDotToken
          ? own(args.slice(i), activation)
          : args[i] === undefined && parameter.initializer
            ? session.evaluate(parameter.initializer, inner)
            : args[i];
        bindPattern(session, parameter.name, value, inner, true);
      });
      if (!node.body) return undefined;
      if (!ts.isBlock(node.body)) return session.evaluate(node.body, inner);
      const completion = runStatements(session, node.body.statements, inner);
      return completion?.kind === "return" ? completion.value : undefined;
    } catch (error) {
      if (error instanceof Abandoned) return POISON;
      throw error;
    } finally {
      session.callers.pop();
      if (name !== "") session.path.pop();
    }
  };
  if (node.kind === ts.SyntaxKind.FunctionExpression && name !== "") {
    // A named function expression sees itself.
    const self = innerScope(scope);
    declare(self, name, closure);
    sources.set(closure, { node, scope: self });
  } else sources.set(closure, { node, scope });
  return Object.defineProperty(closure, "name", { value: name || "a function" });
};
