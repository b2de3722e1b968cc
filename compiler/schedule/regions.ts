/**
 * Regions: which tensors are stored, and what is computed together.
 *
 * A region becomes a kernel (or the few of a split reduction). It has at most one root (a reduction, a sum of products, a
 * scatter) and stores one tensor or several, all of them places of one domain: the maps after a root are its epilogue. What
 * is not stored is computed where it is read. Movement is never stored for its own sake.
 */

import { sameShape, sizeOf } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import { type Index, indexOf, indexVariable, sameIndex } from "../kernel/index-expression.ts";
import { accessesOf } from "./accesses.ts";
import type { DeviceClass } from "./device-class.ts";
import { type Graph, type Loop, type Node, outputsOf } from "./graph.ts";
import { inversePlaces, type PlacesOf } from "./inverse.ts";
import { isRoot, nameOf, storedOf } from "./stored.ts";

export interface Member {
  readonly variable: Variable;
  /** Its places at a place of the region's domain. */
  readonly placesOf: PlacesOf;
}

/**
 * One part of what a region does for each row: a reduction over the row, or maps of each element of it, which later parts and
 * other regions may read.
 */
export type Stage =
  | { readonly kind: "reduce"; readonly root: Node }
  | { readonly kind: "spread"; readonly members: readonly Member[] };

export interface Region {
  readonly kind: "region";
  /** The reduction, sum of products or scatter that it computes, whose output is the domain. */
  readonly root: Node | undefined;
  /** Shape of the domain. */
  readonly domain: readonly number[];
  /** What it stores, in the order of the graph. A root that only its own epilogue reads is not stored. */
  readonly members: readonly Member[];
  /** What it computes, whether it is stored or not. */
  readonly computes: ReadonlySet<Variable>;
  /** For a root that is a reduction: what is done for each row, the root first. Places of spread members are those of a row's elements. */
  readonly stages: readonly Stage[];
  /** Members of stages that other regions read. */
  readonly spread: ReadonlySet<Variable>;
}

/** The members that have a place in memory. */
export const storedMembers = ({ members, stages, spread }: Region): readonly Member[] => [
  ...members,
  ...stages.flatMap((stage) =>
    stage.kind === "spread" ? stage.members.filter(({ variable }) => spread.has(variable)) : [],
  ),
];

export interface Regions {
  /** In an order in which each reads what was stored before. */
  readonly steps: readonly (Region | Loop)[];
  /** The node that makes a variable; `undefined` for parameters and results of loops. */
  readonly definition: (variable: Variable) => Node | undefined;
  readonly isStored: (variable: Variable) => boolean;
  readonly log: readonly string[];
}

/** Buffers of a kernel of maps that have nothing of each other. */
const mostBeside = 16;

const same: PlacesOf = (places) => [...places];

interface Draft {
  readonly root: Node | undefined;
  readonly domain: readonly number[];
  readonly members: readonly Member[];
  readonly stages: readonly Stage[];
}

/** All that a draft makes: over its domain, and over the elements of its rows. */
const membersOf = ({ members, stages }: Draft): readonly Member[] => [
  ...members,
  ...stages.flatMap((stage) => (stage.kind === "spread" ? stage.members : [])),
];

/** The reductions of a draft. */
const rootsOf = ({ root, stages }: Draft): readonly Node[] =>
  stages.length === 0 ? (root ? [root] : []) : stages.flatMap((stage) => (stage.kind === "reduce" ? [stage.root] : []));

export const regionsOf = (graph: Graph, device: DeviceClass): Regions => {
  const definitions = new Map<Variable, Node>();
  for (const node of graph.nodes) if (node.kind === "node") definitions.set(node.output, node);
  const definition = (variable: Variable): Node | undefined => definitions.get(variable);
  const log: string[] = [];

  const { stored, copiesFor } = storedOf(graph, definition, device, (line) => void log.push(line));
  const isStored = (variable: Variable): boolean => stored.has(variable) || !definitions.has(variable);

  // A region for each stored variable, then merged.
  const drafts = new Map<Variable, Draft>();
  for (const node of graph.nodes) {
    if (node.kind !== "node" || !stored.has(node.output)) continue;
    drafts.set(node.output, {
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

  /** Stored variables that a region reads, its own left out. */
  const inputsOf = (draft: Draft): Set<Variable> => {
    const inputs = new Set<Variable>();
    const own = new Set(membersOf(draft).map(({ variable }) => variable));
    const seen = new Set<Variable>();
    const visit = (atom: Atom): void => {
      if (atom.kind === "constant" || seen.has(atom)) return;
      seen.add(atom);
      const node = definitions.get(atom);
      if (node === undefined || (stored.has(atom) && !own.has(atom))) inputs.add(atom);
      else node.operands.forEach(visit);
    };
    for (const variable of own) visit(variable);
    for (const root of rootsOf(draft)) root.operands.forEach(visit);
    return inputs;
  };

  const inputs = new Map<Draft, Set<Variable>>();
  const inputsFor = (draft: Draft): Set<Variable> => {
    let set = inputs.get(draft);
    if (set === undefined) {
      set = inputsOf(draft);
      inputs.set(draft, set);
    }
    return set;
  };

  const maker = (variable: Variable): Draft | Loop | undefined => {
    const draft = drafts.get(variable);
    if (draft !== undefined) return draft;
    const at = order.get(variable);
    const node = at === undefined ? undefined : graph.nodes[at];
    return node?.kind === "loop" ? node : undefined;
  };
  const sourcesOf = (step: Draft | Loop): Iterable<Variable> =>
    "members" in step ? inputsFor(step) : step.operands.filter((atom) => atom.kind === "variable");

  /** Whether `from` is needed, through others, to compute `to`. */
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

  /** Joins the maps of `later` to `earlier`, where every place of the one is one place of the other. */
  const merge = (earlier: Draft, later: Draft): Draft | undefined => {
    if (later.root !== undefined || earlier === later) return undefined;
    if (sizeOf(earlier.domain) !== sizeOf(later.domain)) return undefined;
    const own = new Set(earlier.members.map(({ variable }) => variable));
    const [anchor] = later.members as [Member];
    const path = inversePlaces(anchor.variable, (variable) => own.has(variable), definition);
    if (path === undefined) return undefined;
    const target = earlier.members.find(({ variable }) => variable === path.variable) as Member;
    const domainPlaces = earlier.domain.map((size, axis) => indexOf(indexVariable(`d${axis}`, size)));
    const anchorOf: PlacesOf = (places) => path.placesOf(target.placesOf(places));
    // The anchor's places give those of the later region's domain, whose first member it is.
    const moved = later.members.map(({ variable, placesOf }, i): Member => {
      if (i === 0) return { variable, placesOf: anchorOf };
      return { variable, placesOf: (places) => placesOf(anchorOf(places)) };
    });
    // Every element that it reads of the earlier members is the one at this place.
    const elements = new Map(earlier.members.map(({ variable, placesOf }) => [variable, placesOf(domainPlaces)]));
    const laterOwn = new Set(later.members.map(({ variable }) => variable));
    // Elements of a row have been computed when the row is done, each only where it stands.
    const apart = new Set(membersOf(earlier).flatMap(({ variable }) => (own.has(variable) ? [] : [variable])));
    let fits = true;
    let buffers = membersOf(earlier).length + later.members.length;
    const seen = new Set<Atom>();
    for (const { variable, placesOf } of moved) {
      const node = definitions.get(variable) as Node;
      accessesOf(
        [[variable, placesOf(domainPlaces)]],
        (inner) => (inner === variable || !isStored(inner) || laterOwn.has(inner) ? definitions.get(inner) : undefined),
        (from, places) => {
          if (from.kind === "variable" && own.has(from)) {
            const due = elements.get(from) as Index[];
            fits &&= places.every((place, axis) => sameIndex(place, due[axis] as Index));
          } else if (from.kind === "variable" && apart.has(from)) {
            fits = false;
          } else if (!seen.has(from)) {
            seen.add(from);
            buffers++;
          }
        },
      );
      fits &&= node !== undefined;
    }
    if (!fits) return undefined;
    for (const variable of inputsFor(earlier)) if (!seen.has(variable)) buffers++;
    for (const root of rootsOf(earlier)) buffers += copiesFor(root);
    // One more for the step of a loop.
    if (buffers + 1 > device.bindings) {
      log.push(`${nameOf(anchor.variable)} stays apart from ${nameOf(path.variable)}: ${buffers} buffers`);
      return undefined;
    }
    if (reaches(earlier, later)) return undefined;
    return { ...earlier, members: [...earlier.members, ...moved] };
  };

  /** Whether rows are many enough to be computed each by one grid point, or so little that it does not matter. */
  const rowsSuffice = (rows: readonly number[], full: readonly number[]): boolean =>
    8 * sizeOf(rows) * device.workgroup >= device.parallelism || sizeOf(full) <= 1 << 15;

  /** Joins another reduction of the same rows, or maps of their elements. */
  const mergeRows = (earlier: Draft, later: Draft): Draft | undefined => {
    if (earlier === later || earlier.stages.length === 0) return undefined;
    const first = rootsOf(earlier)[0] as Node;
    const full = (first.operands[0] as Atom).type.shape;
    const axes = reducedAxes(first);
    const isReduction = later.stages.length === 1 && later.members.length === 1;
    if (isReduction) {
      const root = later.root as Node;
      if (!sameShape((root.operands[0] as Atom).type.shape, full) || String(reducedAxes(root)) !== String(axes))
        return undefined;
    } else if (later.root !== undefined || !sameShape(later.domain, full) || sameShape(full, earlier.domain))
      return undefined;
    if (!rowsSuffice(earlier.domain, full)) return undefined;
    const places = full.map((size, axis) => indexOf(indexVariable(`d${axis}`, size)));
    const rows = places.map((place, axis) => (axes.includes(axis) ? indexOf(0) : place));
    const due = new Map<Variable, Index[]>();
    for (const { variable, placesOf } of earlier.members) due.set(variable, placesOf(rows));
    for (const root of rootsOf(earlier)) due.set(root.output, rows);
    for (const stage of earlier.stages)
      if (stage.kind === "spread")
        for (const { variable, placesOf } of stage.members) due.set(variable, placesOf(places));
    const laterOwn = new Set(later.members.map(({ variable }) => variable));
    let [fits, related] = [true, false];
    const seen = new Set<Atom>();
    const reads = isReduction
      ? [[(later.root as Node).operands[0] as Atom, places] as const]
      : later.members.map(({ variable, placesOf }) => [variable, placesOf(places)] as const);
    accessesOf(
      reads,
      (inner) => (!isStored(inner) || laterOwn.has(inner) ? definitions.get(inner) : undefined),
      (from, at) => {
        const wanted = from.kind === "variable" ? due.get(from) : undefined;
        if (wanted !== undefined) {
          related = true;
          fits &&= at.every((place, axis) => sameIndex(place, wanted[axis] as Index));
        } else seen.add(from);
      },
    );
    for (const variable of inputsFor(earlier)) {
      related ||= seen.has(variable);
      seen.add(variable);
    }
    if (!fits || !related || seen.size + membersOf(earlier).length + later.members.length + 1 > device.bindings)
      return undefined;
    if (reaches(earlier, later) || reaches(later, earlier)) return undefined;
    return isReduction
      ? { ...earlier, members: [...earlier.members, ...later.members], stages: [...earlier.stages, ...later.stages] }
      : { ...earlier, stages: [...earlier.stages, { kind: "spread", members: later.members }] };
  };

  /** Joins maps of one domain that read a large tensor alike, and nothing of each other: it is read once for both. */
  const mergeBeside = (earlier: Draft, later: Draft): Draft | undefined => {
    if (earlier === later || earlier.root !== undefined || later.root !== undefined) return undefined;
    if (!sameShape(earlier.domain, later.domain)) return undefined;
    const [own, other] = [inputsFor(earlier), inputsFor(later)];
    const members = [...earlier.members, ...later.members];
    const isShared = [...other].some(
      (variable) => own.has(variable) && sizeOf(variable.type.shape) >= sizeOf(later.domain),
    );
    if (!isShared || members.some(({ variable }) => own.has(variable) || other.has(variable))) return undefined;
    const buffers = new Set([...own, ...other]).size + members.length;
    if (buffers + 1 > Math.min(device.bindings, mostBeside) || reaches(earlier, later) || reaches(later, earlier))
      return undefined;
    return { ...earlier, members };
  };

  /** Drafts of maps of one domain that stand before a map. */
  const mapsBefore = ({ output }: Node): Draft[] =>
    [...new Set(drafts.values())].filter(
      (draft) =>
        draft.root === undefined &&
        sameShape(draft.domain, output.type.shape) &&
        lastOf(draft, order) < (order.get(output) as number),
    );

  /** Drafts before a reduction that reduce tensors of the same shape. */
  const siblingsOf = ({ operands, lowering, output }: Node): Draft[] =>
    lowering.kind !== "reduce"
      ? []
      : [...new Set(drafts.values())].filter((draft) => {
          const [first] = draft.stages;
          return (
            first?.kind === "reduce" &&
            sameShape((first.root.operands[0] as Atom).type.shape, (operands[0] as Atom).type.shape) &&
            lastOf(draft, order) < (order.get(output) as number)
          );
        });

  for (const node of graph.nodes) {
    if (node.kind !== "node" || !stored.has(node.output)) continue;
    const later = drafts.get(node.output) as Draft;
    if (later.root !== undefined && later.stages.length === 0) continue;
    // The latest of what it reads first: sums of products before maps.
    const sources = [...inputsFor(later)].flatMap((variable) => drafts.get(variable) ?? []);
    const candidates = [...new Set([...sources, ...siblingsOf(node)])].sort(
      (a, b) => weight(b) - weight(a) || lastOf(b, order) - lastOf(a, order),
    );
    for (const earlier of candidates) {
      const merged = merge(earlier, later) ?? mergeRows(earlier, later);
      if (merged === undefined) continue;
      log.push(`${namesOf(later)} computed with ${namesOf(earlier)}`);
      for (const { variable } of membersOf(merged)) drafts.set(variable, merged);
      break;
    }
    if (later.root !== undefined || drafts.get(node.output) !== later) continue;
    for (const earlier of mapsBefore(node).reverse()) {
      const merged = mergeBeside(earlier, later);
      if (merged === undefined) continue;
      log.push(`${namesOf(later)} computed beside ${namesOf(earlier)}, which reads the same`);
      for (const { variable } of merged.members) drafts.set(variable, merged);
      break;
    }
  }

  // What only its own region reads need not be stored.
  const needed = new Set<Atom>(graph.results);
  for (const draft of new Set(drafts.values())) for (const variable of inputsFor(draft)) needed.add(variable);
  for (const node of graph.nodes) if (node.kind === "loop") for (const operand of node.operands) needed.add(operand);
  const steps: (Region | Loop)[] = [];
  const placed = new Set<Draft | Loop>();
  const finished = new Map<Draft, Region>();
  for (const draft of new Set(drafts.values())) {
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
    else if (stored.has(node.output)) place(drafts.get(node.output) as Draft);
  }
  return { steps, definition, isStored, log };
};

const weight = ({ root }: Draft): number => {
  if (root === undefined) return 0;
  return root.lowering.kind === "products" ? 2 : root.lowering.kind === "reduce" ? 1 : -1;
};

const lastOf = (draft: Draft, order: ReadonlyMap<Variable, number>): number =>
  Math.max(...membersOf(draft).map(({ variable }) => order.get(variable) as number));

const namesOf = (draft: Draft): string =>
  membersOf(draft)
    .map(({ variable }) => nameOf(variable))
    .join(", ");

const reducedAxes = ({ lowering }: Node): readonly number[] => (lowering.kind === "reduce" ? lowering.axes : []);
