/**
 * Attention: Σ over keys of softmax(Σ q · k) · v, found in a graph as a sum of products, a softmax of its rows, and a sum of
 * products with them. As one node it may be computed without its scores [queries, keys] being stored.
 *
 * It is found by what is computed: a program that writes attention out has it too. Where anything else reads the scores or
 * the weights, as gradients do, they are stored anyway, and nothing is joined.
 */

import type { AxisRead } from "../../dsl/lowering.ts";
import { add, div, sub } from "../../dsl/scalar/arithmetic.ts";
import { exp } from "../../dsl/scalar/exponential.ts";
import { type Expression, input, substitute } from "../../dsl/scalar/expression.ts";
import { max } from "../../dsl/scalar/extremes.ts";
import type { ScalarFunction } from "../../dsl/scalar/function.ts";
import type { Atom, Variable } from "../ir/program.ts";
import type { DeviceClass } from "./device-class.ts";
import type { Graph, Loop, Node } from "./graph.ts";
import type { Products } from "./products-kernel.ts";
import { scalarOf } from "./reader.ts";
import { baseOf } from "./stored.ts";

/** Every axis but those of rows and columns may count places of several operands. */
export type AttentionRole = "batch" | "rows" | "keys" | "sum" | "columns";

export interface AttentionAxis {
  readonly size: number;
  readonly role: AttentionRole;
  readonly result: { readonly axis: number; readonly step: number } | null;
}

/** Operands are queries, keys and values, and what else scores are computed of. */
export interface AttentionLowering {
  readonly kind: "weightedAverage";
  readonly axes: readonly AttentionAxis[];
  readonly operands: readonly [readonly AxisRead[], readonly AxisRead[], readonly AxisRead[]];
  /** The score of a product, its first input, and of elements of further operands: it is scaled, or masked. */
  readonly score?: Expression;
  /** The axes along which those lie. */
  readonly scoreAxes: readonly number[];
}

/** exp(s − m) and exp(s − m) / t: powers of a score s, and their share of the sum t of powers. */
const power = exp.of(sub.of(input(0), input(1)));
const share = div.of(power, input(2));

const isSame = (a: Expression, b: Expression): boolean => {
  if (a.kind === "call")
    return b.kind === "call" && a.fn === b.fn && a.args.every((arg, i) => isSame(arg, b.args[i] as Expression));
  if (a.kind === "input") return b.kind === "input" && a.index === b.index;
  return b.kind === "constant" && Object.is(a.value, b.value);
};

type Definition = (atom: Atom) => Node | undefined;

/**
 * What a chain of maps computes of the elements that other nodes give, which are its inputs in the order of `leaves`: those
 * of `known` first, beyond which it does not look.
 */
const chainOf = (root: Atom, definition: Definition, known: readonly Atom[] = []) => {
  const leaves = [...known];
  const maps: Variable[] = [];
  const seen = new Map<Atom, Expression>();
  const visit = (atom: Atom): Expression => {
    const expression = seen.get(atom) ?? made(atom);
    seen.set(atom, expression);
    return expression;
  };
  const made = (atom: Atom): Expression => {
    const node = definition(atom);
    if (node?.lowering.kind !== "map" || known.includes(atom)) {
      if (!leaves.includes(atom)) leaves.push(atom);
      return input(leaves.indexOf(atom), scalarOf(atom.type.dtype));
    }
    maps.push(node.output);
    const args = node.operands.map(visit);
    return substitute(node.lowering.body, ({ index }) => args[index] as Expression);
  };
  return { expression: visit(root), leaves, maps };
};

const isAxis = ({ offset, terms }: AxisRead, axis: number): boolean =>
  offset === 0 && terms.length === 1 && terms[0]?.axis === axis && terms[0].step === 1;

/** The reduction of rows behind a value that is one for each row, spread over the row along an axis. */
const rowTotal = (atom: Atom, combine: ScalarFunction, definition: Definition) => {
  const spread = definition(atom);
  if (spread?.lowering.kind !== "move" || spread.lowering.movement.kind !== "affine") return undefined;
  const total = definition(spread.operands[0] as Atom);
  if (total?.lowering.kind !== "reduce" || total.lowering.combine !== combine) return undefined;
  const [axis, ...others] = total.lowering.axes;
  const isSpread = spread.lowering.movement.reads.every((read, i) =>
    i === axis ? read.offset === 0 && read.terms.length === 0 : isAxis(read, i),
  );
  if (axis === undefined || others.length > 0 || !isSpread) return undefined;
  return { of: total.operands[0] as Atom, axis, inside: [spread.output, total.output] };
};

/** The scores of which a tensor is the softmax along an axis, and what stands between them. */
const softmaxOf = (weights: Atom, definition: Definition) => {
  const most = chainOf(weights, definition).leaves.find((leaf) => rowTotal(leaf, max.record, definition));
  const mosts = most && rowTotal(most, max.record, definition);
  if (most === undefined || mosts === undefined) return undefined;
  const { expression, leaves, maps } = chainOf(weights, definition, [mosts.of, most]);
  const [, , sum, ...others] = leaves;
  const sums = sum && rowTotal(sum, add.record, definition);
  if (sums === undefined || others.length > 0 || mosts.axis !== sums.axis || !isSame(expression, share))
    return undefined;
  const powers = chainOf(sums.of, definition, [mosts.of, most]);
  if (!isSame(powers.expression, power)) return undefined;
  const inside = [...maps, ...powers.maps, ...mosts.inside, ...sums.inside];
  return { scores: mosts.of, axis: mosts.axis, inside };
};

/** The sum of products of which scores are computed place by place, and what else they are computed of. */
const productsBehind = (scores: Atom, definition: Definition) => {
  const { leaves } = chainOf(scores, definition);
  const [product, ...more] = leaves.filter((leaf) => definition(leaf)?.lowering.kind === "products");
  const node = product && definition(product);
  if (product === undefined || node === undefined || more.length > 0) return undefined;
  const { expression, maps, leaves: operands } = chainOf(scores, definition, [product]);
  return { node, others: operands.slice(1), inside: maps, ...(expression.kind !== "input" && { score: expression }) };
};

const countsOf = (reads: readonly AxisRead[]): ReadonlySet<number> =>
  new Set(reads.flatMap(({ terms }) => terms.map(({ axis }) => axis)));

/** Both products in the axes of one. `weights` says which operand of the second they are; `along` is the axis of the softmax. */
const joined = (first: Products, second: Products, weights: 0 | 1, along: number) => {
  // Axes of the first come first, those of the second that stand for the same axis of the scores are the same.
  const places: number[] = second.axes.map(() => -1);
  const resultOf = new Map<number, AttentionAxis["result"]>();
  let keys = -1;
  for (const [axis, read] of second.operands[weights].entries()) {
    const own = first.axes.findIndex(({ result }) => result?.axis === axis);
    const other = read.terms[0]?.axis;
    if (own < 0 || other === undefined || !isAxis(read, other) || places[other] !== -1) return undefined;
    if (first.axes[own]?.result?.step !== 1 || first.axes[own]?.size !== second.axes[other]?.size) return undefined;
    places[other] = own;
    resultOf.set(own, second.axes[other]?.result ?? null);
    if (axis === along) keys = own;
  }
  if (first.axes.some(({ result }, i) => result !== null && !resultOf.has(i))) return undefined;
  let next = first.axes.length;
  for (const [axis, place] of places.entries()) if (place === -1) places[axis] = next++;
  const added = second.axes.filter((_, axis) => (places[axis] as number) >= first.axes.length);
  // Averages of numbers, not of rows, have no columns for a tile; sums of nothing have nothing to read.
  if (added.length === 0 || [...first.axes, ...added].some(({ size }) => size === 0)) return undefined;
  const values = second.operands[1 - weights] as readonly AxisRead[];
  const inValues = new Set([...countsOf(values)].map((axis) => places[axis] as number));
  const counts = first.operands.map(countsOf);
  const queries = counts.findIndex((axes) => !axes.has(keys));
  const inKeys = counts[1 - queries];
  if (queries < 0 || inKeys === undefined || !inKeys.has(keys) || !inValues.has(keys)) return undefined;
  const axes = [
    ...first.axes.map(({ size, result }, i): AttentionAxis => {
      if (result === null) return { size, result, role: "sum" };
      if (i === keys) return { size, result: null, role: "keys" };
      return { size, result: resultOf.get(i) ?? null, role: inKeys.has(i) || inValues.has(i) ? "batch" : "rows" };
    }),
    ...added.map(({ size, result }): AttentionAxis => ({ size, result, role: "columns" })),
  ];
  // One axis is summed in the second product: that of the keys.
  if (resultOf.get(keys) !== null) return undefined;
  if (axes.some(({ role, result }) => role !== "sum" && role !== "keys" && result === null)) return undefined;
  const moved = values.map(({ offset, terms }) => ({
    offset,
    terms: terms.map(({ axis, step }) => ({ axis: places[axis] as number, step })),
  }));
  const operands = [first.operands[queries], first.operands[1 - queries], moved] as AttentionLowering["operands"];
  const scoreAxes = second.operands[weights].map((_, axis) =>
    first.axes.findIndex(({ result }) => result?.axis === axis),
  );
  return { lowering: { kind: "weightedAverage" as const, axes, operands, scoreAxes }, queries };
};

const productsOf = (node: Node | undefined): Products | undefined =>
  node?.lowering.kind === "products" ? node.lowering : undefined;

/** The graph with attention as one node, where `pays` says so. */
export const withAttention = (graph: Graph, pays: (attention: AttentionLowering) => boolean): Graph => {
  const definitions = new Map<Atom, Node>();
  const readers = new Map<Atom, (Node | Loop)[]>();
  for (const node of graph.nodes) {
    if (node.kind === "node") definitions.set(node.output, node);
    for (const operand of node.operands) readers.set(operand, [...(readers.get(operand) ?? []), node]);
  }
  const definition: Definition = (atom) => definitions.get(atom);
  const results = new Set<Atom>(graph.results);
  const isPlain = (atom: Atom): boolean => atom.type.dtype === "f32" && baseOf(atom, definition).kind === "variable";

  const attentionOf = (node: Node): Node | undefined => {
    const second = productsOf(node);
    if (second === undefined || !node.operands.every(isPlain)) return undefined;
    for (const weights of [0, 1] as const) {
      const softmax = softmaxOf(node.operands[weights] as Atom, definition);
      const behind = softmax && productsBehind(softmax.scores, definition);
      const first = productsOf(behind?.node);
      if (softmax === undefined || behind === undefined || first === undefined) continue;
      const { node: product, others, score } = behind;
      if (![...product.operands, product.output, softmax.scores].every(isPlain)) continue;
      const inside = new Set<Variable>([product.output, ...behind.inside, ...softmax.inside]);
      const isInside = (reader: Node | Loop): boolean =>
        reader === node || (reader.kind === "node" && inside.has(reader.output));
      if ([...inside].some((each) => results.has(each) || !(readers.get(each) ?? []).every(isInside))) continue;
      const both = joined(first, second, weights, softmax.axis);
      if (both === undefined || !pays(both.lowering)) continue;
      const { lowering, queries } = both;
      const [query, key] = [product.operands[queries], product.operands[1 - queries]];
      const operands = [query, key, node.operands[1 - weights], ...others] as Atom[];
      return { ...node, lowering: { ...lowering, ...(score && { score }) }, operands, inside: [...inside] };
    }
    return undefined;
  };

  const attentions = new Map<Node | Loop, Node>();
  for (const node of graph.nodes) {
    const attention = node.kind === "node" ? attentionOf(node) : undefined;
    if (attention !== undefined) attentions.set(node, attention);
  }
  if (attentions.size === 0) return graph;
  const gone = new Set([...attentions.values()].flatMap(({ inside = [] }) => inside));
  const nodes = graph.nodes.flatMap((node): (Node | Loop)[] => {
    if (node.kind === "node" && gone.has(node.output)) return [];
    return [attentions.get(node) ?? node];
  });
  return { ...graph, nodes };
};

/**
 * Fewer keys are one or two blocks, and scores of few queries are small. Measured on two threads of a server with 64 channels,
 * against products and softmax by three kernels: 0.93 times as fast with 64 queries and keys, the same with 128, 1.02 to 1.08
 * times with 256 to 4096.
 */
const [leastQueries, leastKeys] = [32, 256];

/** Whether scores are better not stored: where threads have caches of their own, and run compiled code. */
export const attentionPays = ({ axes }: AttentionLowering, { workgroup, interpreted }: DeviceClass): boolean => {
  const sizeOf = (role: AttentionRole): number =>
    axes.reduce((size, axis) => (axis.role === role ? size * axis.size : size), 1);
  return workgroup === 1 && !interpreted && sizeOf("rows") >= leastQueries && sizeOf("keys") >= leastKeys;
};
