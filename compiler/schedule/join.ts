/** The three ways in which a region takes in another; each gives the joined draft, or `undefined` where they must stay apart. */

import { sameShape, sizeOf } from "../../dsl/shape.ts";
import type { Atom, Variable } from "../ir/program.ts";
import { type Index, indexOf, indexVariable, sameIndex } from "../kernel/index-expression.ts";
import { accessesOf } from "./accesses.ts";
import type { DeviceClass } from "./device-class.ts";
import { type Draft, type Drafts, membersOf, rootsOf } from "./drafts.ts";
import type { Node } from "./graph.ts";
import { inversePlaces, type PlacesOf } from "./inverse.ts";
import type { Member } from "./region.ts";
import { nameOf } from "./stored.ts";

export interface JoinContext {
  readonly device: DeviceClass;
  readonly definition: (variable: Variable) => Node | undefined;
  readonly isStored: (variable: Variable) => boolean;
  /** Buffers that the schedule of a root asks for besides its operands. */
  readonly copiesFor: (root: Node) => number;
  readonly drafts: Drafts;
  readonly log: string[];
}

/** Buffers of a kernel of maps that have nothing of each other. */
const mostBeside = 16;

/** Joins the maps of `later` to `earlier`, where every place of the one is one place of the other. */
export const joinMaps = (context: JoinContext, earlier: Draft, later: Draft): Draft | undefined => {
  const { definition, isStored, copiesFor, device, log } = context;
  const { inputsOf, reaches } = context.drafts;
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
    const node = definition(variable) as Node;
    accessesOf(
      [[variable, placesOf(domainPlaces)]],
      (inner) => (inner === variable || !isStored(inner) || laterOwn.has(inner) ? definition(inner) : undefined),
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
  for (const variable of inputsOf(earlier)) if (!seen.has(variable)) buffers++;
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
const rowsSuffice = (device: DeviceClass, rows: readonly number[], full: readonly number[]): boolean =>
  8 * sizeOf(rows) * device.workgroup >= device.parallelism || sizeOf(full) <= 1 << 15;

/** Joins another reduction of the same rows, or maps of their elements. */
export const joinRows = (context: JoinContext, earlier: Draft, later: Draft): Draft | undefined => {
  const { definition, isStored, device } = context;
  const { inputsOf, reaches } = context.drafts;
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
  if (!rowsSuffice(device, earlier.domain, full)) return undefined;
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
    (inner) => (!isStored(inner) || laterOwn.has(inner) ? definition(inner) : undefined),
    (from, at) => {
      const wanted = from.kind === "variable" ? due.get(from) : undefined;
      if (wanted !== undefined) {
        related = true;
        fits &&= at.every((place, axis) => sameIndex(place, wanted[axis] as Index));
      } else seen.add(from);
    },
  );
  for (const variable of inputsOf(earlier)) {
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
export const joinBeside = (context: JoinContext, earlier: Draft, later: Draft): Draft | undefined => {
  const { inputsOf, reaches } = context.drafts;
  if (earlier === later || earlier.root !== undefined || later.root !== undefined) return undefined;
  if (!sameShape(earlier.domain, later.domain)) return undefined;
  const [own, other] = [inputsOf(earlier), inputsOf(later)];
  const members = [...earlier.members, ...later.members];
  const isShared = [...other].some(
    (variable) => own.has(variable) && sizeOf(variable.type.shape) >= sizeOf(later.domain),
  );
  if (!isShared || members.some(({ variable }) => own.has(variable) || other.has(variable))) return undefined;
  const buffers = new Set([...own, ...other]).size + members.length;
  if (buffers + 1 > Math.min(context.device.bindings, mostBeside) || reaches(earlier, later) || reaches(later, earlier))
    return undefined;
  return { ...earlier, members };
};

const reducedAxes = ({ lowering }: Node): readonly number[] => (lowering.kind === "reduce" ? lowering.axes : []);
