/** What of a body depends on some of its parameters alone, taken out of it. */

import type { Atom, Equation, Program, Variable } from "../ir/program.ts";
import { isCheap } from "./cheap.ts";
import { replaced, type Site } from "./rewrite.ts";

export interface Lifted {
  /** In the variables of the body; the fixed parameters are all that they read from outside. */
  readonly equations: readonly Equation[];
  /** Values of these equations that the rest of the body reads. */
  readonly values: readonly Variable[];
  /** The rest of the body. */
  readonly rest: readonly Equation[];
}

/**
 * Parts a body into what depends on `fixed` and on constants alone, and the rest. What is cheap is left where it is read,
 * and goes along where something that is lifted reads it. `undefined` where there is nothing to lift.
 */
export const lift = ({ equations, results }: Program, fixed: Iterable<Variable>): Lifted | undefined => {
  const known = new Set<Variable>(fixed);
  const isKnown = (atom: Atom): boolean => atom.kind === "constant" || known.has(atom);
  const lifted = new Set<Equation>();
  const makers = new Map<Variable, Equation>();
  for (const equation of equations) {
    if (!equation.operands.every(isKnown)) continue;
    for (const output of equation.outputs) {
      known.add(output);
      makers.set(output, equation);
    }
    if (!isCheap(equation)) lifted.add(equation);
  }
  if (lifted.size === 0) return undefined;
  const needed = new Set<Equation>();
  const need = (equation: Equation): void => {
    if (needed.has(equation)) return;
    needed.add(equation);
    for (const operand of equation.operands) {
      const maker = operand.kind === "variable" ? makers.get(operand) : undefined;
      if (maker !== undefined) need(maker);
    }
  };
  for (const equation of lifted) need(equation);
  const rest = equations.filter((equation) => !lifted.has(equation));
  const read = new Set<Atom>([...rest.flatMap(({ operands }) => operands), ...results]);
  return {
    equations: equations.filter((equation) => needed.has(equation)),
    values: [...lifted].flatMap(({ outputs }) => outputs.filter((output) => read.has(output))),
    rest,
  };
};

/**
 * Writes lifted equations before the region, and gives what stands outside for each value of the body that still reads it.
 * One body may be that of several regions, so outside they have variables of their own.
 */
export const placeLifted = (
  { equations, values }: Lifted,
  operandOf: ReadonlyMap<Variable, Atom>,
  site: Site,
): { readonly operand: Atom; readonly parameter: Variable }[] => {
  const outside = new Map(operandOf);
  for (const equation of equations) {
    const outputs = equation.outputs.map(
      ({ type, name }): Variable => ({ kind: "variable", type, ...(name && { name }) }),
    );
    const placed = site.place({ ...equation, outputs, operands: replaced(equation.operands, outside) });
    equation.outputs.forEach((output, i) => void outside.set(output, placed[i] as Atom));
  }
  return values.map((parameter) => ({ operand: outside.get(parameter) as Atom, parameter }));
};
