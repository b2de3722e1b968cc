/**
 * Share: equal operations of equal operands are computed once.
 *
 * Never across the border of a region: what a checkpoint computes again stays computed again, and a named function keeps
 * its body. Operands that a loop or a checkpoint takes twice are taken once, and results that it gives twice given once.
 */

import { foldOf, partsOf } from "../ir/fold-parts.ts";
import {
  type Atom,
  bodiesOf,
  type CheckpointOperation,
  type Equation,
  type FoldOperation,
  type Program,
  type Variable,
  withBodies,
} from "../ir/program.ts";
import { hashAtom, hashEquation, sameAtom, sameOperation } from "../ir/same.ts";
import { type Rule, replaced, rewrite, type Site, substituted } from "./rewrite.ts";

/** Things by hash, for which the first of equal ones is asked. */
const firstOf = <T>(hash: (value: T) => number, same: (a: T, b: T) => boolean): ((value: T) => T) => {
  const buckets = new Map<number, T[]>();
  return (value) => {
    const key = hash(value);
    const bucket = buckets.get(key);
    if (bucket === undefined) {
      buckets.set(key, [value]);
      return value;
    }
    const found = bucket.find((other) => same(other, value));
    if (found === undefined) bucket.push(value);
    return found ?? value;
  };
};

const sameAtoms = (a: readonly Atom[], b: readonly Atom[]): boolean =>
  a.length === b.length && a.every((atom, i) => sameAtom(atom, b[i] as Atom));

/** The places of values that equal an earlier one, with the earlier one's place. */
const repeats = <T>(values: readonly T[], atomOf: (value: T) => Atom): Map<number, number> => {
  const found = new Map<number, number>();
  if (values.length < 2) return found;
  const first = firstOf<number>(
    (i) => hashAtom(atomOf(values[i] as T)),
    (i, j) => sameAtom(atomOf(values[i] as T), atomOf(values[j] as T)),
  );
  values.forEach((_, i) => {
    const place = first(i);
    if (place !== i) found.set(i, place);
  });
  return found;
};

const without = <T>(values: readonly T[], places: ReadonlyMap<number, number>): T[] =>
  values.filter((_, i) => !places.has(i));

const shareFold = (operation: FoldOperation, equation: Equation, site: Site): readonly Atom[] | undefined => {
  const parts = partsOf(operation, equation);
  const items = repeats(parts.items, ({ operand }) => operand);
  const captures = repeats(parts.captures, ({ operand }) => operand);
  const stacks = repeats(parts.stacks, ({ value }) => value);
  if (items.size + captures.size + stacks.size === 0) return undefined;
  const values = new Map<Variable, Atom>([
    ...repeatedParameters(parts.items, items),
    ...repeatedParameters(parts.captures, captures),
  ]);
  const atom = (value: Atom): Atom => replaced([value], values)[0] as Atom;
  const fold = foldOf(
    {
      carries: parts.carries.map((carry) => ({ ...carry, next: atom(carry.next) })),
      items: without(parts.items, items),
      index: parts.index,
      captures: without(parts.captures, captures),
      stacks: without(parts.stacks, stacks).map((stack) => ({ ...stack, value: atom(stack.value) })),
      equations: substituted(parts.equations, values),
    },
    operation,
    equation,
  );
  const again = new Map(
    [...stacks].map(([place, first]) => [place + parts.carries.length, first + parts.carries.length]),
  );
  return placeShared(fold, equation.outputs, again, site);
};

const repeatedParameters = (
  given: readonly { readonly parameter: Variable }[],
  places: ReadonlyMap<number, number>,
): [Variable, Variable][] => {
  const parameterAt = (place: number): Variable => (given[place] as { readonly parameter: Variable }).parameter;
  return [...places].map(([place, first]) => [parameterAt(place), parameterAt(first)]);
};

/** Writes a region with fewer outputs, and gives the values of all that it had. */
const placeShared = (
  equation: Equation,
  outputs: readonly Variable[],
  again: ReadonlyMap<number, number>,
  site: Site,
): readonly Atom[] => {
  const { operation } = equation;
  // Two parameters that became one make more of the body equal.
  const placed = site.place({ ...equation, operation: withBodies(operation, bodiesOf(operation).map(share)) });
  const values = new Map(equation.outputs.map((output, i) => [output, placed[i] as Atom]));
  return outputs.map((_, i) => values.get(outputs[again.get(i) ?? i] as Variable) as Atom);
};

const shareCheckpoint = (
  operation: CheckpointOperation,
  equation: Equation,
  site: Site,
): readonly Atom[] | undefined => {
  const { body } = operation;
  const operands = repeats(equation.operands, (operand) => operand);
  const results = repeats(body.results, (result) => result);
  if (operands.size + results.size === 0) return undefined;
  const parameters = body.parameters.map((parameter) => ({ parameter }));
  const values = new Map<Variable, Atom>(repeatedParameters(parameters, operands));
  const shared: Equation = {
    ...equation,
    outputs: without(equation.outputs, results),
    operands: without(equation.operands, operands),
    operation: {
      ...operation,
      body: {
        ...body,
        parameters: without(body.parameters, operands),
        equations: substituted(body.equations, values),
        results: replaced(without(body.results, results), values),
      },
    },
  };
  return placeShared(shared, equation.outputs, results, site);
};

const scope = (): Rule => {
  const first = firstOf<Equation>(
    ({ operation, operands }) => hashEquation(operation, operands),
    (a, b) => sameOperation(a.operation, b.operation) && sameAtoms(a.operands, b.operands),
  );
  return (equation, site) => {
    const { operation } = equation;
    if (operation.kind === "fold") {
      const shared = shareFold(operation, equation, site);
      if (shared !== undefined) return shared;
    }
    if (operation.kind === "checkpoint") {
      const shared = shareCheckpoint(operation, equation, site);
      if (shared !== undefined) return shared;
    }
    const found = first(equation);
    return found === equation ? undefined : found.outputs;
  };
};

export const share = (program: Program): Program => rewrite(program, scope);
