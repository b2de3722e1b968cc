/** What the kernels of rows have in common: where the elements of a row are, what each stage reads, and in which order. */

import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Constant, Variable } from "../ir/program.ts";
import { type Index, indexOf, indexVariable } from "../kernel/index-expression.ts";
import { accessesOf } from "./accesses.ts";
import type { Combination } from "./accumulate.ts";
import type { Context } from "./context.ts";
import { type MergedAxes, mergeAxes } from "./domain.ts";
import { domainStrides, orderByStride } from "./elementwise-kernel.ts";
import type { Node } from "./graph.ts";
import { addressOf } from "./location.ts";
import { scalarOf } from "./reader.ts";
import type { Member, Region, Stage } from "./region.ts";
import { type SumLoops, sumLoops } from "./sum-loops.ts";

export interface Rows {
  readonly stages: readonly Stage[];
  readonly members: readonly Member[];
  readonly spreadMembers: readonly Member[];
  readonly roots: readonly Node[];
  /** Elements of a row. */
  readonly elements: number;
  /** The places of an element, from those of its row and those along what is combined. */
  readonly placesIn: (row: readonly Index[], sums: readonly Index[]) => Index[];
  /** What a stage computes where it reads it: all that is not stored, the row's own maps, its own elements. */
  readonly nodeIn: (stage: Stage | undefined) => (variable: Variable) => Node | undefined;
  readonly elementsOf: (stage: Stage, places: readonly Index[]) => (readonly [Atom, readonly Index[]])[];
  readonly sums: SumLoops;
  /** The axes of the rows, in the order of memory. */
  readonly merged: MergedAxes;
  /** Bytes of the largest tensor that is read. */
  readonly bytes: number;
}

export const rowsOf = (region: Region, context: Context): Rows => {
  const { definition, isStored } = context;
  const { stages, members, domain } = region;
  const [first] = stages as [Stage & { readonly kind: "reduce" }];
  const { lowering, operands } = first.root;
  if (lowering.kind !== "reduce") throw new Error(`internal: rows of a ${lowering.kind}`);
  const { axes } = lowering;
  const full = (operands[0] as Atom).type.shape;
  const placesIn: Rows["placesIn"] = (row, sums) =>
    row.map((place, axis) => (axes.includes(axis) ? (sums[axes.indexOf(axis)] as Index) : place));

  const roots = stages.flatMap((stage) => (stage.kind === "reduce" ? [stage.root] : []));
  const isRoot = new Set(roots.map(({ output }) => output));
  const spreadMembers = stages.flatMap((stage) => (stage.kind === "spread" ? stage.members : []));
  const nodeIn: Rows["nodeIn"] = (stage) => (variable) => {
    if (isRoot.has(variable)) return undefined;
    const isOwn = stage?.kind === "spread" && stage.members.some((member) => member.variable === variable);
    return isOwn || region.computes.has(variable) || !isStored(variable) ? definition(variable) : undefined;
  };
  const elementsOf: Rows["elementsOf"] = (stage, places) =>
    stage.kind === "reduce"
      ? [[stage.root.operands[0] as Atom, places]]
      : stage.members.map(({ variable, placesOf }): [Variable, readonly Index[]] => [variable, placesOf(places)]);

  const rowVariables = domain.map((size, axis) => indexVariable(`i${axis}`, size));
  const row = rowVariables.map(indexOf);
  const isMade = new Set<Variable | Constant>([...isRoot, ...spreadMembers.map(({ variable }) => variable)]);
  let bytes = 0;
  const sizes = axes.map((axis) => full[axis] as number);
  const sums = sumLoops(sizes, (at) => {
    const all: Index[] = [];
    let [largest, main] = [0, indexOf(0)];
    for (const stage of stages) {
      accessesOf(elementsOf(stage, placesIn(row, at)), nodeIn(stage), (from, places) => {
        if (isMade.has(from)) return;
        const address = addressOf(context.locate(from), places);
        all.push(address);
        const size = sizeOf(from.type.shape);
        if (size > largest) [largest, main] = [size, address];
      });
    }
    for (const { variable, placesOf } of spreadMembers)
      if (region.spread.has(variable)) all.push(addressOf(context.locate(variable), placesOf(placesIn(row, at))));
    bytes = 4 * largest;
    return { all, main };
  });
  const addresses: Index[] = [];
  const reads = members.map(({ variable, placesOf }) => [variable, placesOf(row)] as const);
  accessesOf(reads, nodeIn(undefined), (from, places) => {
    if (!isMade.has(from)) addresses.push(addressOf(context.locate(from), places));
  });
  for (const { variable, placesOf } of members) addresses.push(addressOf(context.locate(variable), placesOf(row)));
  const order = orderByStride(domainStrides(sums.addresses.main, rowVariables));
  const merged = mergeAxes(rowVariables, order, [...sums.addresses.all, ...addresses]);
  return {
    stages,
    members,
    spreadMembers,
    roots,
    elements: sizeOf(sizes),
    placesIn,
    nodeIn,
    elementsOf,
    sums,
    merged,
    bytes,
  };
};

export const combinationOf = ({ lowering, output }: Node): Combination => {
  if (lowering.kind !== "reduce") throw new Error(`internal: a ${lowering.kind} combines nothing`);
  return { combine: lowering.combine, start: lowering.start, scalar: scalarOf(output.type.dtype) };
};
