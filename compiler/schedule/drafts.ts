/** Regions while they grow: what each makes and reads, and which needs which. */

import type { Atom, Variable } from "../ir/program.ts";
import { type Graph, type Loop, type Node, outputsOf } from "./graph.ts";
import type { PlacesOf } from "./inverse.ts";
import type { Member, Stage } from "./region.ts";
import { isRoot, nameOf } from "./stored.ts";

const same: PlacesOf = (places) => [...places];

/** A region while it grows. */
export interface Draft {
  readonly root: Node | undefined;
  readonly domain: readonly number[];
  readonly members: readonly Member[];
  readonly stages: readonly Stage[];
}

/** All that a draft makes: over its domain, and over the elements of its rows. */
export const membersOf = ({ members, stages }: Draft): readonly Member[] => [
  ...members,
  ...stages.flatMap((stage) => (stage.kind === "spread" ? stage.members : [])),
];

/** The reductions of a draft. */
export const rootsOf = ({ root, stages }: Draft): readonly Node[] =>
  stages.length === 0 ? (root ? [root] : []) : stages.flatMap((stage) => (stage.kind === "reduce" ? [stage.root] : []));

/** The latest place in the graph of what a draft makes. */
export const lastOf = (draft: Draft, { order }: Pick<Drafts, "order">): number =>
  Math.max(...membersOf(draft).map(({ variable }) => order.get(variable) as number));

export const namesOf = (draft: Draft): string =>
  membersOf(draft)
    .map(({ variable }) => nameOf(variable))
    .join(", ");

export interface Drafts {
  /** The draft that makes a stored variable. */
  readonly byVariable: Map<Variable, Draft>;
  /** Place of each variable's maker in the graph. */
  readonly order: ReadonlyMap<Variable, number>;
  /** Stored variables that a draft reads, its own left out. */
  readonly inputsOf: (draft: Draft) => ReadonlySet<Variable>;
  /** What makes a stored variable; `undefined` for parameters. */
  readonly maker: (variable: Variable) => Draft | Loop | undefined;
  /** Stored variables that a step reads. */
  readonly sourcesOf: (step: Draft | Loop) => Iterable<Variable>;
  /** Whether `from` is needed, through others, to compute `to`. */
  readonly reaches: (from: Draft, to: Draft) => boolean;
}

/** A draft for each stored variable. */
export const draftsOf = (
  graph: Graph,
  definition: (variable: Variable) => Node | undefined,
  stored: ReadonlySet<Variable>,
): Drafts => {
  const byVariable = new Map<Variable, Draft>();
  for (const node of graph.nodes) {
    if (node.kind !== "node" || !stored.has(node.output)) continue;
    byVariable.set(node.output, {
      root: isRoot(node) ? node : undefined,
      domain: node.output.type.shape,
      members: [{ variable: node.output, placesOf: same }],
      stages: node.lowering.kind === "reduce" ? [{ kind: "reduce", root: node }] : [],
    });
  }
  const order = new Map<Variable, number>();
  graph.nodes.forEach((node, i) => {
    for (const output of outputsOf(node)) order.set(output, i);
  });

  const readBy = (draft: Draft): Set<Variable> => {
    const inputs = new Set<Variable>();
    const own = new Set(membersOf(draft).map(({ variable }) => variable));
    const seen = new Set<Variable>();
    const visit = (atom: Atom): void => {
      if (atom.kind === "constant" || seen.has(atom)) return;
      seen.add(atom);
      const node = definition(atom);
      if (node === undefined || (stored.has(atom) && !own.has(atom))) inputs.add(atom);
      else node.operands.forEach(visit);
    };
    for (const variable of own) visit(variable);
    for (const root of rootsOf(draft)) root.operands.forEach(visit);
    return inputs;
  };

  const inputs = new Map<Draft, Set<Variable>>();
  const inputsOf = (draft: Draft): Set<Variable> => {
    let set = inputs.get(draft);
    if (set === undefined) {
      set = readBy(draft);
      inputs.set(draft, set);
    }
    return set;
  };

  const maker = (variable: Variable): Draft | Loop | undefined => {
    const draft = byVariable.get(variable);
    if (draft !== undefined) return draft;
    const at = order.get(variable);
    const node = at === undefined ? undefined : graph.nodes[at];
    return node?.kind === "loop" ? node : undefined;
  };
  const sourcesOf = (step: Draft | Loop): Iterable<Variable> =>
    "members" in step ? inputsOf(step) : step.operands.filter((atom) => atom.kind === "variable");

  const reaches = (from: Draft, to: Draft): boolean => {
    const seen = new Set<Draft | Loop>();
    // Places in the graph cut nothing short: what stands before may read a region that also makes what stands after.
    const visit = (step: Draft | Loop, direct: boolean): boolean => {
      for (const variable of sourcesOf(step)) {
        const next = maker(variable);
        if (next === undefined || seen.has(next)) continue;
        if (next === from) {
          if (!direct) return true;
          continue;
        }
        seen.add(next);
        if (visit(next, false)) return true;
      }
      return false;
    };
    return visit(to, true);
  };

  return { byVariable, order, inputsOf, maker, sourcesOf, reaches };
};
