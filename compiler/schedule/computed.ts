/** What a region computes, in values of the program: those that it stores, and those that stand between them and what it reads. */

import type { Atom, Variable } from "../ir/program.ts";
import type { Node } from "./graph.ts";
import type { Region } from "./region.ts";

export interface Computed {
  readonly values: readonly Variable[];
  /** Zeros are written around what it stores, as a convolution reads them. */
  readonly bordered: boolean;
}

interface Known {
  readonly definition: (variable: Variable) => Node | undefined;
  readonly isStored: (variable: Variable) => boolean;
}

export const computedBy = ({ root, computes, stages, spread }: Region, { definition, isStored }: Known): Computed => {
  const own = new Set<Variable>([...computes, ...spread]);
  for (const stage of stages) {
    if (stage.kind === "reduce") own.add(stage.root.output);
    else for (const { variable } of stage.members) own.add(variable);
  }
  if (root !== undefined) own.add(root.output);
  const values = new Set<Variable>();
  const seen = new Set<Variable>();
  let bordered = false;
  const visit = (atom: Atom): void => {
    if (atom.kind === "constant" || seen.has(atom)) return;
    seen.add(atom);
    const node = definition(atom);
    if (node === undefined || (isStored(atom) && !own.has(atom))) return;
    for (const each of [atom, ...(node.inside ?? [])]) if (each.of !== undefined) values.add(each.of);
    if (atom.of === undefined) bordered ||= node.lowering.kind === "move" && node.lowering.movement.kind === "pad";
    node.operands.forEach(visit);
  };
  own.forEach(visit);
  return { values: [...values], bordered };
};
