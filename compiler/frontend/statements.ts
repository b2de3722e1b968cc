/** Statements: one function a construct. */

import { describe, isTensor } from "../../dsl/tensor.ts";
import {
  lambdaCondition,
  runawayLoop,
  tensorCondition,
  tensorLoop,
  thrown,
  unsupportedSyntax,
} from "../diagnostics.ts";
import { bindPattern } from "./patterns.ts";
import { isScalarValue } from "./scalar.ts";
import { declare, innerScope, type Scope } from "./scope.ts";
import { Abandoned, type Completion, fail, POISON, report, type Session } from "./session.ts";
import { ts } from "./source.ts";

type Visitor<Node extends ts.Statement> = (session: Session, node: Node, scope: Scope) => Completion;

const maximalSteps = 100_000;

/** The value of an expression, or POISON with its fault reported: the statements after it are still read. */
const evaluateOrReport = (session: Session, node: ts.Expression, scope: Scope): unknown => {
  try {
    return session.evaluate(node, scope);
  } catch (error) {
    return report(session, error);
  }
};

/** A condition of the language around the tensors: a static value. */
export const staticCondition = (session: Session, node: ts.Expression, scope: Scope, what: string): boolean => {
  const value = session.evaluate(node, scope);
  if (value === POISON) throw new Abandoned();
  if (isTensor(value)) return fail(session, node, tensorCondition(what, describe(value)));
  if (isScalarValue(value)) return fail(session, node, lambdaCondition(what));
  return Boolean(value);
};

const variables: Visitor<ts.VariableStatement> = (session, node, scope) => {
  declareAll(session, node.declarationList, scope);
  return undefined;
};

export const declareAll = (session: Session, list: ts.VariableDeclarationList, scope: Scope): void => {
  if ((list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Let)) === 0) {
    fail(
      session,
      list,
      unsupportedSyntax("var", "Its scope is the whole function, which hides what belongs where.", "const or let"),
    );
  }
  const mutable = (list.flags & ts.NodeFlags.Const) === 0;
  for (const { name, initializer } of list.declarations) {
    const value = initializer === undefined ? undefined : evaluateOrReport(session, initializer, scope);
    bindPattern(session, name, value, scope, mutable);
  }
};

const block: Visitor<ts.Block> = (session, node, scope) => runStatements(session, node.statements, innerScope(scope));

/** Runs statements in order; function declarations are there from the start. */
export const runStatements = (session: Session, statements: readonly ts.Statement[], scope: Scope): Completion => {
  for (const statement of statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) {
      declare(scope, statement.name.text, session.evaluate(statement as unknown as ts.Expression, scope));
    }
  }
  for (const statement of statements) {
    const completion = session.execute(statement, scope);
    if (completion !== undefined) return completion;
  }
  return undefined;
};

const conditional: Visitor<ts.IfStatement> = (session, node, scope) => {
  if (staticCondition(session, node.expression, scope, "an if"))
    return session.execute(node.thenStatement, innerScope(scope));
  return node.elseStatement && session.execute(node.elseStatement, innerScope(scope));
};

/** Runs a loop's body; `undefined` to go on, a completion to end the loop with. */
const loopBody = (session: Session, body: ts.Statement, scope: Scope): { readonly end: Completion } | undefined => {
  const completion = session.execute(body, innerScope(scope));
  if (completion === undefined || completion.kind === "continue") return undefined;
  return { end: completion.kind === "break" ? undefined : completion };
};

const forOf: Visitor<ts.ForOfStatement> = (session, node, scope) => {
  if (node.awaitModifier)
    fail(
      session,
      node,
      unsupportedSyntax("for await", "Programs are synchronous.", "a plain for … of over a static list"),
    );
  const items = session.evaluate(node.expression, scope);
  if (items === POISON) throw new Abandoned();
  if (isTensor(items)) return fail(session, node.expression, tensorLoop(describe(items)));
  if (typeof (items as { [Symbol.iterator]?: unknown } | null)?.[Symbol.iterator] !== "function") {
    return fail(
      session,
      node.expression,
      unsupportedSyntax(
        "a loop over something that is no list",
        "for … of takes the items of a static array.",
        "an array, or Object.entries(record)",
      ),
    );
  }
  for (const item of items as Iterable<unknown>) {
    const inner = innerScope(scope);
    const { initializer } = node;
    if (!ts.isVariableDeclarationList(initializer)) {
      return fail(
        session,
        initializer,
        unsupportedSyntax(
          "a loop that assigns an outer variable",
          "The item is the loop's own.",
          "for (const item of items)",
        ),
      );
    }
    bindPattern(
      session,
      (initializer.declarations[0] as ts.VariableDeclaration).name,
      item,
      inner,
      (initializer.flags & ts.NodeFlags.Const) === 0,
    );
    const ended = loopBody(session, node.statement, inner);
    if (ended) return ended.end;
  }
  return undefined;
};

const forLoop: Visitor<ts.ForStatement> = (session, node, scope) => {
  const outer = innerScope(scope);
  if (node.initializer && ts.isVariableDeclarationList(node.initializer)) declareAll(session, node.initializer, outer);
  else if (node.initializer) session.evaluate(node.initializer, outer);
  for (let steps = 0; ; steps++) {
    if (node.condition && !staticCondition(session, node.condition, outer, "a for")) return undefined;
    if (steps >= maximalSteps) fail(session, node, runawayLoop(maximalSteps));
    // A closure made in the body keeps this step's variables.
    const inner = innerScope(outer);
    for (const [name, binding] of outer.bindings) inner.bindings.set(name, { ...binding });
    const ended = loopBody(session, node.statement, inner);
    for (const [name, binding] of inner.bindings) {
      const kept = outer.bindings.get(name);
      if (kept) kept.value = binding.value;
    }
    if (ended) return ended.end;
    if (node.incrementor) session.evaluate(node.incrementor, outer);
  }
};

const whileLoop: Visitor<ts.WhileStatement> = (session, node, scope) => {
  for (let steps = 0; staticCondition(session, node.expression, scope, "a while"); steps++) {
    if (steps >= maximalSteps) fail(session, node, runawayLoop(maximalSteps));
    const ended = loopBody(session, node.statement, scope);
    if (ended) return ended.end;
  }
  return undefined;
};

const switchStatement: Visitor<ts.SwitchStatement> = (session, node, scope) => {
  const value = session.evaluate(node.expression, scope);
  if (value === POISON) throw new Abandoned();
  if (isTensor(value)) return fail(session, node.expression, tensorCondition("a switch", describe(value)));
  if (isScalarValue(value)) return fail(session, node.expression, lambdaCondition("a switch"));
  const inner = innerScope(scope);
  const { clauses } = node.caseBlock;
  let start = clauses.findIndex(
    (clause) => ts.isCaseClause(clause) && session.evaluate(clause.expression, inner) === value,
  );
  if (start < 0) start = clauses.findIndex(ts.isDefaultClause);
  if (start < 0) return undefined;
  for (const clause of clauses.slice(start)) {
    for (const statement of clause.statements) {
      const completion = session.execute(statement, inner);
      if (completion?.kind === "break") return undefined;
      if (completion !== undefined) return completion;
    }
  }
  return undefined;
};

const returnStatement: Visitor<ts.ReturnStatement> = (session, node, scope) => ({
  kind: "return",
  value: node.expression && evaluateOrReport(session, node.expression, scope),
});

const throwStatement: Visitor<ts.ThrowStatement> = (session, node, scope) => {
  const error = session.evaluate(node.expression, scope);
  if (error === POISON) throw new Abandoned();
  return fail(session, node, thrown(error instanceof Error ? error.message : `${error}`));
};

const expressionStatement: Visitor<ts.ExpressionStatement> = (session, node, scope) => {
  evaluateOrReport(session, node.expression, scope);
  return undefined;
};

const refused =
  (what: string, why: string, instead: string) =>
  (session: Session, node: ts.Statement): Completion =>
    fail(session, node, unsupportedSyntax(what, why, instead));

const nothing = (): Completion => undefined;

// biome-ignore lint/suspicious/noExplicitAny: each visitor takes the node of its kind, which the table's keys say
const visitors: { readonly [Kind in ts.SyntaxKind]?: Visitor<any> } = {
  [ts.SyntaxKind.VariableStatement]: variables,
  [ts.SyntaxKind.Block]: block,
  [ts.SyntaxKind.IfStatement]: conditional,
  [ts.SyntaxKind.ForOfStatement]: forOf,
  [ts.SyntaxKind.ForStatement]: forLoop,
  [ts.SyntaxKind.WhileStatement]: whileLoop,
  [ts.SyntaxKind.SwitchStatement]: switchStatement,
  [ts.SyntaxKind.ReturnStatement]: returnStatement,
  [ts.SyntaxKind.ThrowStatement]: throwStatement,
  [ts.SyntaxKind.ExpressionStatement]: expressionStatement,
  [ts.SyntaxKind.BreakStatement]: () => ({ kind: "break" }),
  [ts.SyntaxKind.ContinueStatement]: () => ({ kind: "continue" }),
  [ts.SyntaxKind.FunctionDeclaration]: nothing,
  [ts.SyntaxKind.EmptyStatement]: nothing,
  [ts.SyntaxKind.InterfaceDeclaration]: nothing,
  [ts.SyntaxKind.TypeAliasDeclaration]: nothing,
  [ts.SyntaxKind.ClassDeclaration]: refused(
    "a class",
    "Objects with state and methods have no place in a pure program.",
    "a record and functions of it",
  ),
  [ts.SyntaxKind.TryStatement]: refused(
    "try",
    "A program has no exceptions to catch: what can fail is found when it is compiled.",
    "a condition on static values",
  ),
  [ts.SyntaxKind.DoStatement]: refused("do … while", "It is not in the subset.", "while, or for"),
  [ts.SyntaxKind.ForInStatement]: refused(
    "for … in",
    "It walks inherited names too.",
    "for (const [name, value] of Object.entries(record))",
  ),
  [ts.SyntaxKind.EnumDeclaration]: refused(
    "an enum",
    "It is not erasable TypeScript.",
    "a union of literals, or a const record",
  ),
  [ts.SyntaxKind.LabeledStatement]: refused("a label", "It is not in the subset.", "a function with an early return"),
  [ts.SyntaxKind.DebuggerStatement]: refused(
    "debugger",
    "A compilation has nothing to stop at.",
    "run the function directly, under a debugger",
  ),
};

export const executeStatement = (session: Session, node: ts.Statement, scope: Scope): Completion => {
  const visitor = visitors[node.kind];
  if (visitor !== undefined) return visitor(session, node, scope);
  return fail(
    session,
    node,
    unsupportedSyntax(
      `this statement (${ts.SyntaxKind[node.kind]})`,
      "It is not in the subset.",
      "const, if, for … of, while, switch or return",
    ),
  );
};
