/**
 * The kernels of a region whose root is a sum of products: its axes and operands in the form that schedules take, and the
 * maps after it as what they call for each value.
 */

import type { Lowering } from "../../dsl/lowering.ts";
import { add } from "../../dsl/scalar/arithmetic.ts";
import type { Atom } from "../ir/program.ts";
import {
  addIndices,
  coefficientOf,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
} from "../kernel/index-expression.ts";
import type { Kernel, Value } from "../kernel/kernel.ts";
import { operation } from "../kernel/values.ts";
import type { Context } from "./context.ts";
import type {
  AxisRole,
  Contraction,
  ContractionAxis,
  ContractionOperand,
  ContractionSchedule,
  ContractionTerm,
  Convolution3x3,
  Places,
} from "./contraction.ts";
import { mergeAxes, placesAt } from "./domain.ts";
import type { Node } from "./graph.ts";
import { insideOf, plainOperand, resultPlaces, sumMembers } from "./products-region.ts";
import { type Reduction, reductionKernels } from "./reduction-kernel.ts";
import type { Region } from "./region.ts";
import { sumPieces } from "./sum-pieces.ts";
import { placeOf } from "./walk.ts";

export type Products = Lowering & { readonly kind: "products" };

const axisNames = { batch: "b", rows: "m", columns: "n", sum: "k" } as const;

/** Which operands an axis indexes, and whether it is one of the result. */
const roleOf = (products: Products, axis: number): AxisRole => {
  if (products.axes[axis]?.result === null) return "sum";
  const [a, b] = products.operands.map((reads) => reads.some(({ terms }) => terms.some((term) => term.axis === axis)));
  if (a && b) return "batch";
  return a ? "rows" : "columns";
};

/** As a reduction of products, for operands that are no plain reads. */
const asReduction = (root: Node, products: Products): Reduction => {
  const rank = root.output.type.shape.length;
  const summed = products.axes.flatMap(({ result }, i) => (result === null ? [i] : []));
  // Steps of the axes that make up one axis of the result, to take its places apart.
  const placeOfAxis = (axis: number, result: readonly Index[], sums: readonly Index[]): Index => {
    const at = summed.indexOf(axis);
    if (at >= 0) return sums[at] as Index;
    const { result: own, size } = products.axes[axis] as Products["axes"][number];
    const { axis: along, step } = own as NonNullable<typeof own>;
    return partOf(result[along] as Index, step, size);
  };
  return {
    output: root.output,
    sums: summed.map((axis) => (products.axes[axis] as Products["axes"][number]).size),
    start: 0,
    combine: add.record,
    reads: (result, sums) =>
      products.operands.map((reads, i) => {
        const places = products.axes.map((_, axis) => placeOfAxis(axis, result.slice(0, rank), sums));
        return [root.operands[i] as Atom, reads.map((read) => placeOf(read, places))] as const;
      }),
    element: (_, [a, b]) => operation("mul", a as Value, b as Value),
  };
};

/** The sum over one tensor that an operand is joined from. */
interface Term {
  /** Of all axes of the products, that of the joined axis being its own. */
  readonly variables: readonly IndexVariable[];
  /** Where it begins along the joined axis. */
  readonly start: number;
  readonly a: ContractionOperand;
  readonly b: ContractionOperand;
}

export const productsKernels = (
  region: Region,
  root: Node,
  context: Context,
  schedule: ContractionSchedule,
): readonly Kernel[] => {
  const { services } = context;
  const products = root.lowering as Products;
  const { output } = root;
  const rank = output.type.shape.length;
  const roles = products.axes.map((_, axis) => roleOf(products, axis));
  const variables = products.axes.map(({ size }, axis) =>
    indexVariable(`${axisNames[roles[axis] as AxisRole]}${axis}`, size),
  );
  const at = (axis: number): Index => indexOf(variables[axis] as IndexVariable);

  const operandOf = (i: 0 | 1, places: readonly Index[]): ContractionOperand | undefined =>
    plainOperand(
      context,
      root.operands[i] as Atom,
      products.operands[i].map((read) => placeOf(read, places)),
    );
  // A sum of each tensor that an operand is joined from.
  const joined = sumPieces(root, insideOf(context));
  const terms: Term[] = [];
  for (const { start, size } of joined?.pieces ?? [{ start: 0, size: 0 }]) {
    const own = variables.map((variable, axis) =>
      axis === joined?.axis ? indexVariable(variable.name, size) : variable,
    );
    const places = own.map((variable, axis) => offsetIndex(indexOf(variable), axis === joined?.axis ? start : 0));
    const [a, b] = [operandOf(0, places), operandOf(1, places)];
    if (a === undefined || b === undefined || output.type.dtype === "i32" || output.type.dtype === "u32")
      return reductionKernels(region, asReduction(root, products), context);
    terms.push({ variables: own, start, a, b });
  }

  // Addresses of what the maps after it read and write, in the axes of the products.
  const members = sumMembers(region, root, context, resultPlaces(products.axes, rank, at));
  // Neighbouring axes of one role are one axis where all addresses allow.
  const operandAddresses = terms.flatMap(({ a, b }) => [a.index, b.index]);
  const all = [...operandAddresses, ...members.addresses];
  const axes: ContractionAxis[] = [];
  const mergedPlaces = products.axes.map((_, axis) => at(axis));
  for (const role of ["batch", "rows", "columns"] as const) {
    const order = roles.flatMap((own, axis) => (own === role ? [axis] : []));
    const merged = mergeAxes(variables, order, all);
    for (const variable of merged.axes) axes.push({ variable, role });
    for (const axis of order) mergedPlaces[axis] = merged.places[axis] as Index;
  }
  const sumAxes = roles.flatMap((own, axis) => (own === "sum" ? [axis] : []));
  const [first, ...more] = terms.map((term): ContractionTerm => {
    const merged = mergeAxes(term.variables, sumAxes, [term.a.index, term.b.index]);
    const places = mergedPlaces.map((place, axis) =>
      roles[axis] !== "sum" ? place : offsetIndex(merged.places[axis] as Index, axis === joined?.axis ? term.start : 0),
    );
    const [a, b] = [operandOf(0, places) ?? term.a, operandOf(1, places) ?? term.b];
    return { a, b, sums: merged.axes };
  }) as [ContractionTerm, ...ContractionTerm[]];
  for (const variable of first.sums) axes.push({ variable, role: "sum" });

  const mergedResult = resultPlaces(products.axes, rank, (axis) => mergedPlaces[axis] as Index);
  const mainAddress = members.mainPlace(mergedResult);
  const contiguous = axes.find(
    ({ variable, role }) => role !== "sum" && mainAddress !== undefined && coefficientOf(mainAddress, variable) === 1,
  )?.variable;

  const mergedVariables = axes.flatMap(({ variable, role }) => (role === "sum" ? [] : [variable]));
  const contraction: Contraction = {
    name: members.name ?? "products",
    notes: context.notes(region),
    axes,
    a: first.a,
    b: first.b,
    ...(more.length > 0 && { more }),
    contiguous,
    buffers: members.buffers,
    finish: (emit, total, placesOfAxes) => {
      const lane = total.type.lanes === 4 ? indexVariable("lane", 4) : undefined;
      const along: Places = (variable) =>
        lane !== undefined && variable === contiguous
          ? addIndices(placesOfAxes(variable), indexOf(lane))
          : placesOfAxes(variable);
      const merged = mergedVariables.map(along);
      const ofProducts = placesAt({ axes: mergedVariables, places: mergedPlaces }, merged);
      const own = resultPlaces(products.axes, rank, (axis) => ofProducts[axis] as Index);
      members.store(emit, total, own, lane);
    },
  };
  const convolution = convolutionOf(contraction);
  const kernels = schedule(convolution === undefined ? contraction : { ...contraction, convolution }, services);
  return kernels ?? reductionKernels(region, asReduction(root, products), context);
};

/** The axes of a 3 × 3 convolution with stride 1, if the contraction is one. */
const convolutionOf = ({ axes, a, more }: Contraction): Convolution3x3 | undefined => {
  if (more !== undefined) return undefined;
  const of = (role: AxisRole): IndexVariable[] => axes.flatMap((axis) => (axis.role === role ? [axis.variable] : []));
  const [rows, sums, columns] = [of("rows"), of("sum"), of("columns")];
  if (of("batch").length > 0 || columns.length !== 1 || sums.length !== 3 || rows.length < 2 || rows.length > 3)
    return undefined;
  const [kernelY, kernelX, channel] = sums as [IndexVariable, IndexVariable, IndexVariable];
  const [y, x] = rows.slice(-2) as [IndexVariable, IndexVariable];
  const image = rows.length === 3 ? (rows[0] as IndexVariable) : indexVariable("image", 1);
  if (kernelY.size !== 3 || kernelX.size !== 3) return undefined;
  const step = (variable: IndexVariable): number | undefined => coefficientOf(a.index, variable);
  if (step(y) === undefined || step(y) !== step(kernelY) || step(x) === undefined || step(x) !== step(kernelX))
    return undefined;
  return { image, y, x, column: columns[0] as IndexVariable, channel, kernelY, kernelX };
};

/** The part of a place that one of several axes counts: ⌊place / step⌋ mod size. */
const partOf = (place: Index, step: number, size: number): Index => remainder(quotient(place, step), size);
