/**
 * Inline: named functions that no scheduler knows, functions with a pullback of their own, and checkpoints become their
 * bodies.
 *
 * It runs once gradients are taken: a pullback of one's own, and what a checkpoint asks of the gradient, mean nothing
 * after that. A checkpoint in which a gradient computes again what the program computed before stays a region, since its
 * equations must not be shared with those outside.
 */

import type { Atom, Equation, Operation, Origin, Program, Variable } from "../ir/program.ts";
import { replaced, rewrite, type Site } from "./rewrite.ts";

const dissolves = (operation: Operation, keep: (name: string) => boolean): Program | undefined => {
  switch (operation.kind) {
    case "primitive":
    case "fold":
      return undefined;
    case "composite":
      return keep(operation.name) ? undefined : operation.body;
    case "customVjp":
      return operation.body;
    case "checkpoint":
      return operation.recompute ? undefined : operation.body;
    default:
      return operation satisfies never;
  }
};

/** An equation of a body says where it is from; one that does not is from where the body was called. */
const originIn = (inner: Origin, outer: Origin): Origin => (inner.place === undefined ? outer : inner);

/** Writes the equations of a body with variables of their own, since a body may be inlined many times. */
const writeBody = (body: Program, { operands, outputs, origin }: Equation, site: Site): readonly Atom[] => {
  const values = new Map<Variable, Atom>();
  body.parameters.forEach((parameter, i) => void values.set(parameter, operands[i] as Atom));
  // The names of the outputs outlive those of the results that they become.
  const named = new Map<Atom, Variable>();
  body.results.forEach((result, i) => {
    if (!named.has(result)) named.set(result, outputs[i] as Variable);
  });
  const copyOf = ({ type, name }: Variable): Variable => ({ kind: "variable", type, ...(name && { name }) });
  for (const equation of body.equations) {
    const placed = site.place({
      ...equation,
      outputs: equation.outputs.map((output) => named.get(output) ?? copyOf(output)),
      operands: replaced(equation.operands, values),
      origin: originIn(equation.origin, origin),
    });
    equation.outputs.forEach((output, i) => void values.set(output, placed[i] as Atom));
  }
  return replaced(body.results, values);
};

export const inline = (program: Program, keep: (name: string) => boolean): Program =>
  rewrite(program, () => (equation, site) => {
    const body = dissolves(equation.operation, keep);
    return body && writeBody(body, equation, site);
  });
