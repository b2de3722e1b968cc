/**
 * Layout: in which order the axes of each stored tensor lie in memory.
 *
 * Arguments and results are row-major. What a sum of products reads by its rows has its summed axis innermost (channels, for a
 * convolution); its result has the columns innermost, so that four of them are one vector. Others follow what they read.
 */

import { sizeOf } from "../../dsl/shape.ts";
import type { Variable } from "../ir/program.ts";
import { eachVariable, type Index, type IndexVariable, indexOf, indexVariable } from "../kernel/index-expression.ts";
import { accessesOf } from "./accesses.ts";
import { orderByStride } from "./elementwise-kernel.ts";
import type { Graph, Node } from "./graph.ts";
import type { Region } from "./region.ts";
import type { Regions } from "./regions.ts";
import { placeOf } from "./walk.ts";

/** Axes of a tensor, the slowest first. */
export type Order = readonly number[];

export const rowMajorOrder = (shape: readonly number[]): Order => shape.map((_, axis) => axis);

/** The axes of a sum of products that decide the memory of its rows' operand, the slowest first. */
const operandOrder = (node: Node): readonly number[] => {
  const { lowering } = node;
  if (lowering.kind !== "products") return [];
  const inBoth = (axis: number): boolean =>
    lowering.operands.every((reads) => reads.some(({ terms }) => terms.some((term) => term.axis === axis)));
  const axes = lowering.axes.map((_, axis) => axis);
  const results = axes.filter((axis) => lowering.axes[axis]?.result !== null);
  const sums = axes.filter((axis) => lowering.axes[axis]?.result === null);
  return [...results.filter(inBoth), ...results.filter((axis) => !inBoth(axis)), ...sums];
};

/** Axes of `places` sorted by the fastest of the ordered variables that each depends on. */
const orderByVariables = (places: readonly Index[], variables: readonly IndexVariable[]): Order => {
  const rank = places.map((place) => {
    let fastest = -1;
    eachVariable(place, (variable) => {
      fastest = Math.max(fastest, variables.indexOf(variable));
    });
    return fastest;
  });
  return places.map((_, axis) => axis).sort((a, b) => (rank[a] as number) - (rank[b] as number) || a - b);
};

/** The order for each stored variable that no caller sees. `known` are those that stand already. */
export const ordersOf = (
  graph: Graph,
  { steps, definition, isStored }: Regions,
  known: (variable: Variable) => Order | undefined,
): ReadonlyMap<Variable, Order> => {
  const orders = new Map<Variable, Order>();
  const orderOf = (variable: Variable): Order =>
    known(variable) ?? orders.get(variable) ?? rowMajorOrder(variable.type.shape);
  const inside = (variable: Variable): Node | undefined => (isStored(variable) ? undefined : definition(variable));

  for (const node of graph.nodes) {
    if (node.kind === "loop" || node.lowering.kind !== "products") continue;
    const { lowering, operands } = node;
    const variables = lowering.axes.map(({ size }, axis) => indexVariable(`p${axis}`, size));
    const places = variables.map(indexOf);
    const ordered = operandOrder(node).map((axis) => variables[axis] as IndexVariable);
    const reads = lowering.operands[0].map((read) => placeOf(read, places));
    accessesOf([[operands[0] as never, reads]], inside, (from, at) => {
      if (from.kind === "variable" && known(from) === undefined && !orders.has(from))
        orders.set(from, orderByVariables(at, ordered));
    });
  }

  for (const step of steps) {
    if (step.kind === "loop") continue;
    chooseFor(step, orders, orderOf, known, definition, isStored);
  }
  return orders;
};

/** Orders for the members of a region that nothing has decided yet. */
const chooseFor = (
  region: Region,
  orders: Map<Variable, Order>,
  orderOf: (variable: Variable) => Order,
  known: (variable: Variable) => Order | undefined,
  definition: Regions["definition"],
  isStored: Regions["isStored"],
): void => {
  const open = region.members.filter(({ variable }) => known(variable) === undefined && !orders.has(variable));
  if (open.length === 0) return;
  const variables = region.domain.map((size, axis) => indexVariable(`d${axis}`, size));
  const domain = variables.map(indexOf);
  const domainOrder = naturalOrder(region, variables, orderOf, definition, isStored);
  const ordered = domainOrder.map((axis) => variables[axis] as IndexVariable);
  for (const { variable, placesOf } of open) orders.set(variable, orderByVariables(placesOf(domain), ordered));
};

/** The order of a region's domain: by columns for sums of products, else as the largest tensor that it reads lies. */
const naturalOrder = (
  region: Region,
  variables: readonly IndexVariable[],
  orderOf: (variable: Variable) => Order,
  definition: Regions["definition"],
  isStored: Regions["isStored"],
): Order => {
  const { root } = region;
  if (root?.lowering.kind === "products") {
    const { axes } = root.lowering;
    const byAxis = new Map<number, number>();
    operandOrder(root).forEach((axis, rank) => {
      const { result } = axes[axis] as (typeof axes)[number];
      if (result !== null && (axes[axis]?.size ?? 1) > 1)
        byAxis.set(result.axis, Math.max(byAxis.get(result.axis) ?? -1, rank + columnsLast(root, axis)));
    });
    return rowMajorOrder(region.domain)
      .slice()
      .sort((a, b) => (byAxis.get(a) ?? -1) - (byAxis.get(b) ?? -1) || a - b);
  }
  const roots = new Set(
    [root, ...region.stages.map((stage) => (stage.kind === "reduce" ? stage.root : undefined))].map(
      (node) => node?.output,
    ),
  );
  let largest = 0;
  let order: Order | undefined;
  const reads = region.members.map(({ variable, placesOf }) => [variable, placesOf(variables.map(indexOf))] as const);
  accessesOf(
    reads,
    (variable) =>
      roots.has(variable)
        ? undefined
        : region.computes.has(variable) || !isStored(variable)
          ? definition(variable)
          : undefined,
    (from, places) => {
      const size = sizeOf(from.type.shape);
      if (from.kind === "constant" || size <= largest || roots.has(from as Variable)) return;
      // How far the memory of what is read moves along each axis of the domain.
      const strides = variables.map(() => 0);
      let step = 1;
      for (const axis of [...orderOf(from)].reverse()) {
        eachVariable(places[axis] as Index, (variable) => {
          const at = variables.indexOf(variable);
          if (at >= 0 && strides[at] === 0) strides[at] = step;
        });
        step *= from.type.shape[axis] as number;
      }
      largest = size;
      order = orderByMemory(strides, variables);
    },
  );
  return order ?? rowMajorOrder(region.domain);
};

/** Axes by stride; an axis that is merged from several (its stride is that of the fastest) keeps its place among them. */
const orderByMemory = (strides: readonly number[], variables: readonly IndexVariable[]): Order => {
  const whole = strides.map((stride, axis) =>
    stride === 0 ? Number.MAX_SAFE_INTEGER - variables.length + axis : stride,
  );
  return orderByStride(whole);
};

/** Columns come after all rows. */
const columnsLast = (root: Node, axis: number): number => {
  const { lowering } = root;
  if (lowering.kind !== "products") return 0;
  const [a, b] = lowering.operands.map((reads) => reads.some(({ terms }) => terms.some((term) => term.axis === axis)));
  return b && !a ? lowering.axes.length : 0;
};
