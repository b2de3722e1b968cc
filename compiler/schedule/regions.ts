/**
 * Regions: which tensors are stored, and what is computed together.
 *
 * A region becomes a kernel (or the few of a split reduction). It has at most one root (a reduction, a sum of products, a
 * scatter) and stores one tensor or several, all of them places of one domain: the maps after a root are its epilogue. What
 * is not stored is computed where it is read. Movement is never stored for its own sake.
 */

import { sameShape } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import type { DeviceClass } from "./device-class.ts";
import { type Draft, draftsOf, lastOf, membersOf, namesOf } from "./drafts.ts";
import type { Graph, Loop, Node } from "./graph.ts";
import { type JoinContext, joinBeside, joinMaps, joinRows } from "./join.ts";
import type { Region } from "./region.ts";
import { storedOf } from "./stored.ts";

export interface Regions {
  /** In an order in which each reads what was stored before. */
  readonly steps: readonly (Region | Loop)[];
  /** The node that makes a variable; `undefined` for parameters and results of loops. */
  readonly definition: (variable: Variable) => Node | undefined;
  readonly isStored: (variable: Variable) => boolean;
  readonly log: readonly string[];
}

export const regionsOf = (graph: Graph, device: DeviceClass): Regions => {
  const definitions = new Map<Variable, Node>();
  for (const node of graph.nodes) if (node.kind === "node") definitions.set(node.output, node);
  const definition = (variable: Variable): Node | undefined => definitions.get(variable);
  const log: string[] = [];

  const { stored, copiesFor } = storedOf(graph, definition, device, (line) => void log.push(line));
  const isStored = (variable: Variable): boolean => stored.has(variable) || !definitions.has(variable);

  const drafts = draftsOf(graph, definition, stored);
  const { byVariable, order, inputsOf, maker, sourcesOf } = drafts;
  const context: JoinContext = { device, definition, isStored, copiesFor, drafts, log };

  /** Drafts of maps of one domain that stand before a map. */
  const mapsBefore = ({ output }: Node): Draft[] =>
    [...new Set(byVariable.values())].filter(
      (draft) =>
        draft.root === undefined &&
        sameShape(draft.domain, output.type.shape) &&
        lastOf(draft, drafts) < (order.get(output) as number),
    );

  /** Drafts before a reduction that reduce tensors of the same shape. */
  const siblingsOf = ({ operands, lowering, output }: Node): Draft[] =>
    lowering.kind !== "reduce"
      ? []
      : [...new Set(byVariable.values())].filter((draft) => {
          const [first] = draft.stages;
          return (
            first?.kind === "reduce" &&
            sameShape((first.root.operands[0] as Atom).type.shape, (operands[0] as Atom).type.shape) &&
            lastOf(draft, drafts) < (order.get(output) as number)
          );
        });

  for (const node of graph.nodes) {
    if (node.kind !== "node" || !stored.has(node.output)) continue;
    const later = byVariable.get(node.output) as Draft;
    if (later.root !== undefined && later.stages.length === 0) continue;
    // The latest of what it reads first: sums of products before maps.
    const sources = [...inputsOf(later)].flatMap((variable) => byVariable.get(variable) ?? []);
    const candidates = [...new Set([...sources, ...siblingsOf(node)])].sort(
      (a, b) => weight(b) - weight(a) || lastOf(b, drafts) - lastOf(a, drafts),
    );
    for (const earlier of candidates) {
      const merged = joinMaps(context, earlier, later) ?? joinRows(context, earlier, later);
      if (merged === undefined) continue;
      log.push(`${namesOf(later)} computed with ${namesOf(earlier)}`);
      for (const { variable } of membersOf(merged)) byVariable.set(variable, merged);
      break;
    }
    if (later.root !== undefined || byVariable.get(node.output) !== later) continue;
    for (const earlier of mapsBefore(node).reverse()) {
      const merged = joinBeside(context, earlier, later);
      if (merged === undefined) continue;
      log.push(`${namesOf(later)} computed beside ${namesOf(earlier)}, which reads the same`);
      for (const { variable } of merged.members) byVariable.set(variable, merged);
      break;
    }
  }

  // What only its own region reads need not be stored.
  const needed = new Set<Atom>(graph.results);
  for (const draft of new Set(byVariable.values())) for (const variable of inputsOf(draft)) needed.add(variable);
  for (const node of graph.nodes) if (node.kind === "loop") for (const operand of node.operands) needed.add(operand);
  const steps: (Region | Loop)[] = [];
  const placed = new Set<Draft | Loop>();
  const finished = new Map<Draft, Region>();
  for (const draft of new Set(byVariable.values())) {
    const members = draft.members.filter(({ variable }) => needed.has(variable));
    const computes = new Set(draft.members.map(({ variable }) => variable));
    const { root, domain, stages } = draft;
    const spread = new Set(
      membersOf(draft).flatMap(({ variable }) => (needed.has(variable) && !computes.has(variable) ? [variable] : [])),
    );
    finished.set(draft, { kind: "region", root, domain, members, computes, stages, spread });
  }
  const place = (step: Draft | Loop): void => {
    if (placed.has(step)) return;
    placed.add(step);
    for (const variable of sourcesOf(step)) {
      const before = maker(variable);
      if (before !== undefined && before !== step) place(before);
    }
    const region = "members" in step ? (finished.get(step) as Region) : step;
    if (region.kind === "loop" || region.members.length + region.spread.size > 0) steps.push(region);
  };
  for (const node of graph.nodes) {
    if (node.kind === "loop") place(node);
    else if (stored.has(node.output)) place(byVariable.get(node.output) as Draft);
  }
  return { steps, definition, isStored, log };
};

const weight = ({ root }: Draft): number => {
  if (root === undefined) return 0;
  const { kind } = root.lowering;
  return kind === "products" || kind === "weightedAverage" ? 2 : kind === "reduce" ? 1 : -1;
};
