/** A region: what is computed together, by one kernel or the few of a split reduction. */

import type { Variable } from "../ir/program.ts";
import type { Node } from "./graph.ts";
import type { PlacesOf } from "./inverse.ts";

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
