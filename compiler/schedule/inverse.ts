/** Places turned round: where a tensor has the element that another tensor has at a place, through maps and movement. */

import type { Atom, Variable } from "../ir/program.ts";
import { flattenIndex, type Index, offsetIndex, scaleIndex, unflattenIndex } from "../kernel/index-expression.ts";
import type { Node } from "./graph.ts";

export type PlacesOf = (places: readonly Index[]) => Index[];

/** A variable of a region, and the places of a tensor that is made of it, for places of the variable. */
export interface InversePath {
  readonly variable: Variable;
  readonly placesOf: PlacesOf;
}

/** The inverse of one node's reading of its operand; `undefined` where an element is read twice or not at all. */
const inverseOf = ({ lowering, operands, output }: Node): PlacesOf | undefined => {
  if (lowering.kind === "map") return (places) => [...places];
  if (lowering.kind !== "move") return undefined;
  const { movement } = lowering;
  const from = (operands[0] as Atom).type.shape;
  const to = output.type.shape;
  if (movement.kind === "reshape") return (places) => unflattenIndex(flattenIndex(places, from), to);
  if (movement.kind !== "affine") return undefined;
  const found = new Map<number, { readonly axis: number; readonly step: number; readonly offset: number }>();
  for (const [axis, { offset, terms }] of movement.reads.entries()) {
    if (terms.length > 1) return undefined;
    const [term] = terms;
    if (term === undefined) {
      if (from[axis] !== 1) return undefined;
      continue;
    }
    // All elements, forwards or backwards.
    const whole = to[term.axis] === from[axis];
    const isForward = term.step === 1 && offset === 0;
    const isReverse = term.step === -1 && offset === (from[axis] as number) - 1;
    if (!whole || !(isForward || isReverse || to[term.axis] === 1) || found.has(term.axis)) return undefined;
    found.set(term.axis, {
      axis,
      step: isReverse && !isForward ? -1 : 1,
      offset: isReverse && !isForward ? offset : 0,
    });
  }
  if (to.some((dim, axis) => dim !== 1 && !found.has(axis))) return undefined;
  return (places) =>
    to.map((_, axis) => {
      const read = found.get(axis);
      if (read === undefined) return { constant: 0, terms: [] };
      return offsetIndex(scaleIndex(places[read.axis] as Index, read.step), read.offset);
    });
};

/** The first way from a tensor back to a variable that `isTarget`, through nodes whose places can be turned round. */
export const inversePlaces = (
  from: Variable,
  isTarget: (variable: Variable) => boolean,
  definition: (variable: Variable) => Node | undefined,
): InversePath | undefined => {
  const seen = new Set<Variable>();
  const search = (variable: Variable): InversePath | undefined => {
    if (isTarget(variable)) return { variable, placesOf: (places) => [...places] };
    if (seen.has(variable)) return undefined;
    seen.add(variable);
    const node = definition(variable);
    const inverse = node && inverseOf(node);
    if (node === undefined || inverse === undefined) return undefined;
    for (const operand of node.operands) {
      if (operand.kind === "constant") continue;
      const path = search(operand);
      if (path !== undefined) return { variable: path.variable, placesOf: (places) => inverse(path.placesOf(places)) };
    }
    return undefined;
  };
  return search(from);
};
