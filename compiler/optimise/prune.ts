/**
 * Prune: equations whose values nobody reads go, and so do parts of regions.
 *
 * Of a loop: stacks that nobody reads, carries that neither a reader after the loop nor another kept carry needs, items and
 * captures that no step uses. Of a checkpoint: results and operands. A named function keeps its parameters and results,
 * which are what its name says; the parameters of the program itself stay too.
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

type Live = Set<Variable>;

/** Bodies that were pruned whole: those of several regions may be one object. */
type Done = Map<Program, Program>;

const read = (live: Live, atoms: readonly Atom[]): void => {
  for (const atom of atoms) if (atom.kind === "variable") live.add(atom);
};

/** The equations that lead to what is live, from the last to the first; `live` grows by what they read. */
const liveEquations = (equations: readonly Equation[], live: Live, done: Done): readonly Equation[] => {
  const kept: Equation[] = [];
  for (let i = equations.length - 1; i >= 0; i--) {
    const equation = equations[i] as Equation;
    if (!equation.outputs.some((output) => live.has(output))) continue;
    const pruned = pruneEquation(equation, live, done);
    read(live, pruned.operands);
    kept.push(pruned);
  }
  kept.reverse();
  return kept.length === equations.length && kept.every((equation, i) => equation === equations[i]) ? equations : kept;
};

const pruneEquation = (equation: Equation, live: Live, done: Done): Equation => {
  const { operation } = equation;
  switch (operation.kind) {
    case "primitive":
      return equation;
    case "fold":
      return pruneFold(operation, equation, live, done);
    case "checkpoint":
      return pruneCheckpoint(operation, equation, live, done);
    case "composite":
    case "customVjp": {
      const bodies = bodiesOf(operation);
      const pruned = bodies.map((body) => pruneWhole(body, done));
      return pruned.every((body, i) => body === bodies[i])
        ? equation
        : { ...equation, operation: withBodies(operation, pruned) };
    }
    default:
      return operation satisfies never;
  }
};

const pruneFold = (operation: FoldOperation, equation: Equation, live: Live, done: Done): Equation => {
  const parts = partsOf(operation, equation);
  const stacks = parts.stacks.filter(({ output }) => live.has(output));
  let carries = parts.carries.filter(({ last }) => live.has(last));
  // A kept carry may read others, which are kept then, and may read more.
  for (;;) {
    const inside: Live = new Set();
    read(inside, [...carries.map(({ next }) => next), ...stacks.map(({ value }) => value)]);
    const equations = liveEquations(parts.equations, inside, done);
    const needed = parts.carries.filter((carry) => carries.includes(carry) || inside.has(carry.parameter));
    if (needed.length > carries.length) {
      carries = needed;
      continue;
    }
    const items = parts.items.filter(({ parameter }) => inside.has(parameter));
    const captures = parts.captures.filter(({ parameter }) => inside.has(parameter));
    const same =
      equations === parts.equations &&
      stacks.length === parts.stacks.length &&
      carries.length === parts.carries.length &&
      items.length === parts.items.length &&
      captures.length === parts.captures.length;
    return same ? equation : foldOf({ ...parts, equations, carries, items, captures, stacks }, operation, equation);
  }
};

const pruneCheckpoint = (operation: CheckpointOperation, equation: Equation, live: Live, done: Done): Equation => {
  const { body } = operation;
  const isRead = (_: unknown, i: number): boolean => live.has(equation.outputs[i] as Variable);
  const results = body.results.filter(isRead);
  const inside: Live = new Set();
  read(inside, results);
  const equations = liveEquations(body.equations, inside, done);
  const isUsed = (_: unknown, i: number): boolean => inside.has(body.parameters[i] as Variable);
  const parameters = body.parameters.filter(isUsed);
  if (
    equations === body.equations &&
    results.length === body.results.length &&
    parameters.length === body.parameters.length
  )
    return equation;
  return {
    ...equation,
    outputs: equation.outputs.filter(isRead),
    operands: equation.operands.filter(isUsed),
    operation: { ...operation, body: { ...body, parameters, equations, results } },
  };
};

/** A program all of whose parameters and results stay. */
const pruneWhole = (program: Program, done: Done): Program => {
  let pruned = done.get(program);
  if (pruned === undefined) {
    const live: Live = new Set();
    read(live, program.results);
    const equations = liveEquations(program.equations, live, done);
    pruned = equations === program.equations ? program : { ...program, equations };
    done.set(program, pruned);
  }
  return pruned;
};

export const prune = (program: Program): Program => pruneWhole(program, new Map());
