/**
 * Address arithmetic that does not change in a loop leaves it: what is left inside is coefficient · variable + constant.
 *
 *   buffer[64 * (p / 8) + 4 * (p % 8) + i]   in a loop of i   becomes   bind base = 16 * (p / 8) + p % 8, and buffer[4 * base + i]
 *
 * The sum is divided by what its coefficients share, so that an index that was a multiple of four still is one. What a
 * condition inside the loop guards may be computed where the condition does not hold: the result is then any number, and
 * nobody looks at it.
 */

import {
  addIndices,
  boundsOf,
  eachVariable,
  gcd,
  type Index,
  type IndexTerm,
  type IndexVariable,
  indexKey,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "./index-expression.ts";
import type { Condition, Kernel, Statement, Value } from "./kernel.ts";
import { mapOperands } from "./operands.ts";
import { indexValue } from "./values.ts";

/** The terms that are known outside a scope, and those that are not. */
export const splitTerms = (
  terms: readonly IndexTerm[],
  isInside: (variable: IndexVariable) => boolean,
): { readonly outer: readonly IndexTerm[]; readonly inner: readonly IndexTerm[] } => {
  const outer: IndexTerm[] = [];
  const inner: IndexTerm[] = [];
  for (const term of terms) {
    let found = false;
    eachVariable({ constant: 0, terms: [term] }, (variable) => {
      found ||= isInside(variable);
    });
    (found ? inner : outer).push(term);
  }
  return { outer, inner };
};

/** The value with each index changed, those of its operands too. */
export const mapValueIndices = (value: Value, change: (index: Index) => Index): Value => {
  if (value.kind !== "index" && value.kind !== "load")
    return mapOperands(value, (operand) => mapValueIndices(operand, change));
  const index = change(value.index);
  return index === value.index ? value : { ...value, index };
};

const mapCondition = (condition: Condition, change: (index: Index) => Index): Condition =>
  condition.kind === "range"
    ? { ...condition, index: change(condition.index) }
    : { ...condition, value: mapValueIndices(condition.value, change) };

/** The statement with each index changed, those of the statements inside it too. */
export const mapIndices = (statement: Statement, change: (index: Index) => Index): Statement => {
  const all = (body: readonly Statement[]): Statement[] => body.map((each) => mapIndices(each, change));
  switch (statement.kind) {
    case "let":
    case "var":
    case "assign":
    case "bind":
      return { ...statement, value: mapValueIndices(statement.value, change) };
    case "store":
      return { ...statement, index: change(statement.index), value: mapValueIndices(statement.value, change) };
    case "loop":
      return {
        ...statement,
        body: all(statement.body),
        ...(statement.count && { count: change(statement.count) }),
      };
    case "if":
      return {
        ...statement,
        when: statement.when.map((condition) => mapCondition(condition, change)),
        body: all(statement.body),
        ...(statement.otherwise && { otherwise: all(statement.otherwise) }),
      };
    case "barrier":
      return statement;
  }
};

/** The index variables that statements define. */
const definedIn = (statements: readonly Statement[], into: Set<IndexVariable>): Set<IndexVariable> => {
  for (const statement of statements) {
    if (statement.kind === "bind") into.add(statement.variable);
    if (statement.kind === "loop") {
      into.add(statement.variable);
      definedIn(statement.body, into);
    }
    if (statement.kind === "if") {
      definedIn(statement.body, into);
      definedIn(statement.otherwise ?? [], into);
    }
  }
  return into;
};

/** Whether computing the terms once is worth a variable. */
const isWork = (terms: readonly IndexTerm[]): boolean =>
  terms.length > 1 || (terms.length === 1 && terms[0]?.atom.kind !== "variable");

type Loop = Extract<Statement, { readonly kind: "loop" }>;

/** A loop, after the binds that stand before it. */
const hoistFrom = (loop: Loop): Statement[] => {
  const body = hoistAll(loop.body);
  const inside = definedIn(body, new Set([loop.variable]));
  const binds: Statement[] = [];
  const known = new Map<string, IndexVariable>();
  const changed = new Map<Index, Index>();
  const change = (index: Index): Index => {
    let result = changed.get(index);
    if (result === undefined) {
      result = changeNew(index);
      changed.set(index, result);
    }
    return result;
  };
  const changeNew = (index: Index): Index => {
    const { outer, inner } = splitTerms(index.terms, (variable) => inside.has(variable));
    const left = inner.map((term): IndexTerm => {
      if (term.atom.kind === "variable") return term;
      const of = change(term.atom.of);
      return of === term.atom.of ? term : { ...term, atom: { ...term.atom, of } };
    });
    if (!isWork(outer)) {
      const same = left.every((term, i) => term === inner[i]);
      return same
        ? index
        : addIndices(indexOf(index.constant), { constant: 0, terms: outer }, { constant: 0, terms: left });
    }
    const shared = outer.reduce((sum, { coefficient }) => gcd(sum, coefficient), 0);
    const sum: Index = {
      constant: 0,
      terms: outer.map(({ coefficient, atom }) => ({ coefficient: coefficient / shared, atom })),
    };
    const [low, high] = boundsOf(sum);
    const key = indexKey(sum);
    let variable = known.get(key);
    if (variable === undefined) {
      variable = indexVariable("base", high - low + 1);
      known.set(key, variable);
      binds.push({ kind: "bind", variable, value: indexValue({ ...sum, constant: -low }) });
    }
    const base = scaleIndex(indexOf(variable), shared);
    return addIndices(offsetIndex(base, index.constant + shared * low), { constant: 0, terms: left });
  };
  const statements = body.map((statement) => mapIndices(statement, change));
  return [...binds, { ...loop, body: statements }];
};

const hoistAll = (statements: readonly Statement[]): Statement[] =>
  statements.flatMap((statement): Statement[] => {
    if (statement.kind === "loop") return hoistFrom(statement);
    if (statement.kind === "if")
      return [
        {
          ...statement,
          body: hoistAll(statement.body),
          ...(statement.otherwise && { otherwise: hoistAll(statement.otherwise) }),
        },
      ];
    return [statement];
  });

/** The kernel, with what its loops compute again and again of indices bound before them. */
export const hoist = (kernel: Kernel): Kernel => ({ ...kernel, body: hoistAll(kernel.body) });
