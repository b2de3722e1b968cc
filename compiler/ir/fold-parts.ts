/** The values of a fold by the part they play: passes edit these, and count through no lists. */

import type { Atom, Equation, FoldOperation, Variable } from "./program.ts";

/** A value that goes from step to step. */
interface Carry {
  readonly first: Atom;
  readonly parameter: Variable;
  readonly next: Atom;
  readonly last: Variable;
}

/** A value from outside: an item of it in each step, or the whole of it. */
interface Given {
  readonly operand: Atom;
  readonly parameter: Variable;
}

/** What each step gives, along a new leading axis. */
interface Stack {
  readonly value: Atom;
  readonly output: Variable;
}

export interface FoldParts {
  readonly carries: readonly Carry[];
  readonly items: readonly Given[];
  readonly index: Variable;
  readonly captures: readonly Given[];
  readonly stacks: readonly Stack[];
  /** The equations of a step. */
  readonly equations: readonly Equation[];
}

export const partsOf = ({ carries, items, body }: FoldOperation, { operands, outputs }: Equation): FoldParts => {
  const given = (from: number, to: number, shift: number): Given[] =>
    operands.slice(from, to).map((operand, i) => ({
      operand,
      parameter: body.parameters[from + i + shift] as Variable,
    }));
  return {
    carries: operands.slice(0, carries).map((first, i) => ({
      first,
      parameter: body.parameters[i] as Variable,
      next: body.results[i] as Atom,
      last: outputs[i] as Variable,
    })),
    items: given(carries, carries + items, 0),
    index: body.parameters[carries + items] as Variable,
    captures: given(carries + items, operands.length, 1),
    stacks: body.results.slice(carries).map((value, i) => ({ value, output: outputs[carries + i] as Variable })),
    equations: body.equations,
  };
};

/** The fold of these parts; steps, direction, name and origin are those of a fold that it stands for. */
export const foldOf = (
  { carries, items, index, captures, stacks, equations }: FoldParts,
  operation: FoldOperation,
  equation: Equation,
): Equation => ({
  outputs: [...carries.map(({ last }) => last), ...stacks.map(({ output }) => output)],
  operands: [...carries.map(({ first }) => first), ...[...items, ...captures].map(({ operand }) => operand)],
  operation: {
    ...operation,
    carries: carries.length,
    items: items.length,
    body: {
      name: operation.body.name,
      parameters: [
        ...[...carries, ...items].map(({ parameter }) => parameter),
        index,
        ...captures.map(({ parameter }) => parameter),
      ],
      equations,
      results: [...carries.map(({ next }) => next), ...stacks.map(({ value }) => value)],
    },
  },
  origin: equation.origin,
});
