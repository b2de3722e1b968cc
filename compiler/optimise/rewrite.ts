/**
 * Rewriting: walks a program front to back, bodies first, and lets a rule replace equations.
 *
 * What a rule writes is given to the rule again, so that a pass needs few rounds; a rule must therefore lead to something
 * smaller, or nearer to an end of which it knows. A program that no rule changed is returned as the identical object.
 */

import type { Primitive } from "../../dsl/primitive.ts";
import {
  type Atom,
  bodiesOf,
  type Equation,
  type Operation,
  type Program,
  type Variable,
  withBodies,
} from "../ir/program.ts";

/** What a rule may ask and do where it stands. */
export interface Site {
  /** The equation of this program that gives a value; none gives parameters and constants. */
  readonly definitionOf: (atom: Atom) => Equation | undefined;
  /** Writes an equation before the one that is replaced, and gives the values of its outputs. */
  readonly place: (equation: Equation) => readonly Atom[];
  /** Writes a primitive before the equation that is replaced, and gives its value. */
  readonly write: <Params>(primitive: Primitive<Params>, params: Params, operands: readonly Atom[]) => Atom;
}

/** Values in place of the outputs; or an equation with the same outputs; `undefined` leaves the equation as it is. */
export type Rule = (equation: Equation, site: Site) => readonly Atom[] | Equation | undefined;

/** `scope` makes the rule of each program that is walked: the one given, and those inside it. */
export const rewrite = (
  program: Program,
  scope: (program: Program) => Rule,
  done: Map<Program, Program> = new Map(),
): Program => {
  const known = done.get(program);
  if (known !== undefined) return known;
  const rule = scope(program);
  const equations: Equation[] = [];
  const definitions = new Map<Variable, Equation>();
  const values = new Map<Variable, Atom>();
  let changed = false;

  const place = (equation: Equation): readonly Atom[] => {
    let current = equation;
    for (;;) {
      const next = rule(current, site);
      if (next === undefined) break;
      changed = true;
      if (!("operation" in next)) return next;
      current = next;
    }
    equations.push(current);
    for (const output of current.outputs) definitions.set(output, current);
    return current.outputs;
  };

  let { origin } = program.equations[0] ?? { origin: { place: undefined, path: [] } };
  const site: Site = {
    definitionOf: (atom) => (atom.kind === "variable" ? definitions.get(atom) : undefined),
    place,
    write: (primitive, params, operands) => {
      const type = primitive.infer(
        params,
        operands.map(({ type }) => type),
      );
      const operation = { kind: "primitive", primitive: primitive as Primitive, params } as const;
      return place({ outputs: [{ kind: "variable", type }], operation, operands, origin })[0] as Atom;
    },
  };

  const inside = (operation: Operation): Operation => {
    if (operation.kind === "primitive") return operation;
    const bodies = bodiesOf(operation);
    const next = bodies.map((body) => rewrite(body, scope, done));
    return bodies.every((body, i) => body === next[i]) ? operation : withBodies(operation, next);
  };

  for (const equation of program.equations) {
    origin = equation.origin;
    const operation = inside(equation.operation);
    if (operation !== equation.operation) changed = true;
    const operands = replaced(equation.operands, values);
    const same = operation === equation.operation && operands === equation.operands;
    const found = place(same ? equation : { ...equation, operation, operands });
    if (found !== equation.outputs)
      equation.outputs.forEach((output, i) => {
        if (found[i] !== output) values.set(output, found[i] as Atom);
      });
  }
  const result = changed ? { ...program, equations, results: replaced(program.results, values) } : program;
  done.set(program, result);
  return result;
};

/** The atoms, with values in place of variables; the identical list where none is replaced. */
export const replaced = (atoms: readonly Atom[], values: ReadonlyMap<Variable, Atom>): readonly Atom[] => {
  if (values.size === 0) return atoms;
  const isReplaced = (atom: Atom): boolean => atom.kind === "variable" && values.has(atom);
  return atoms.some(isReplaced)
    ? atoms.map((atom) => (atom.kind === "variable" ? (values.get(atom) ?? atom) : atom))
    : atoms;
};

/** Equations with values in place of variables. Bodies see none of them. */
export const substituted = (
  equations: readonly Equation[],
  values: ReadonlyMap<Variable, Atom>,
): readonly Equation[] => {
  if (values.size === 0) return equations;
  return equations.map((equation) => {
    const operands = replaced(equation.operands, values);
    return operands === equation.operands ? equation : { ...equation, operands };
  });
};
