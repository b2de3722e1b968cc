/** `einsum`: sums of products over labelled axes. */

import type { Float } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import type { Shape } from "../shape.ts";
import { misfit } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo, sumOver } from "./broadcast.ts";
import { contract, type Labels } from "./contract.ts";
import { type EinsumShape, type EquationFit, type OperandFit, parseEquation, sizesByLabel } from "./einsum-equation.ts";
import { cheapestOrder, keptLabels, type Order } from "./einsum-order.ts";
import { checkFloat } from "./elementwise.ts";
import { permuteTo } from "./move.ts";
import { sliceAxis } from "./window.ts";

type Einsum = <const Q extends string, R extends readonly [In, ...In[]]>(
  equation: Q & EquationFit<Q, R["length"]>,
  ...operands: { [I in keyof R]: R[I] & NoInfer<OperandFit<Q, R, I>> }
) => Tensor<EinsumShape<Q, R>, R[0]["dtype"] & Float>;

/** A tensor and a label for each of its axes. */
interface Labelled {
  readonly x: AnyTensor;
  readonly labels: Labels;
}

/** Sums the axes that are not kept. */
const keepOnly = ({ x, labels }: Labelled, kept: (label: string) => boolean): Labelled => {
  const left = labels.filter(kept);
  if (left.length === labels.length) return { x, labels };
  const axes = labels.flatMap((label, axis) => (kept(label) ? [] : [axis]));
  const shape = (x.shape as Shape).filter((_, axis) => !axes.includes(axis));
  return { x: reshapeTo(sumOver(x, axes), shape), labels: left };
};

const inOrder = ({ x, labels }: Labelled, order: Labels): AnyTensor =>
  permuteTo(
    x,
    order.map((label) => labels.indexOf(label)),
  );

/**
 * The diagonal over two axes of one label, for every label that comes twice.
 *
 * With the two axes last and laid out as one of n · n elements, the diagonal is every (n + 1)-th of them.
 */
const withoutTraces = ({ x, labels }: Labelled): Labelled => {
  const second = labels.findIndex((label, axis) => labels.indexOf(label) < axis);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second] as string);
  const others = labels.flatMap((_, axis) => (axis === first || axis === second ? [] : [axis]));
  const n: number = x.shape[second];
  const outer = others.map((axis) => x.shape[axis] as number);
  const flat = reshapeTo(permuteTo(x, [...others, first, second]), [...outer, n * n]);
  return withoutTraces({
    x: sliceAxis(flat, outer.length, 0, n, n + 1),
    labels: [...others, first].map((axis) => labels[axis] as string),
  });
};

/**
 * Sums of products over labelled axes: `einsum("bqc,bkc->bqk", q, k)` is Σ꜀ q[b, q, c] · k[b, k, c].
 *
 * Shapes: every axis of an operand has a letter; axes of one letter have one size; letters that the result lacks are
 * summed. A letter that an operand has twice takes the diagonal: `einsum("ii->", x)` is the trace. More than two operands
 * are multiplied in pairs, in the order that costs least.
 * @throws ShapeError, DTypeError
 */
export const einsum: Op<Einsum> = op<Einsum>(
  {
    name: "einsum",
    kind: "contract",
    law: "labels of each operand → labels of the result",
    formula: "the product of the operands, summed over the labels that the result lacks",
    gradient: "for each operand, the einsum of ct with the others",
    example: 'einsum("ij,j->i", tensor([[1, 2], [3, 4]]), tensor([1, 10]))',
    draw: drawEinsum,
  },
  ((equation: string, ...operands: readonly AnyTensor[]): AnyTensor => {
    if (typeof equation !== "string") misfit(`einsum: the equation comes first, as in einsum("ij,jk->ik", a, b)`);
    const parsed = parseEquation(equation, operands.length);
    for (const operand of operands) checkFloat("einsum", operand, operands[0]);
    const { output } = parsed;
    const shapes = operands.map(({ shape }) => shape);
    const sizes = sizesByLabel(parsed, shapes);
    const terms = operands.map((x, i) => withoutTraces({ x, labels: parsed.operands[i] as Labels }));
    const labels = terms.map((term) => term.labels);
    const multiplied = (order: Order): Labelled & { readonly among: readonly number[] } => {
      if (typeof order === "number") {
        const kept = keptLabels([order], labels, output);
        return { ...keepOnly(terms[order] as Labelled, (label) => kept.includes(label)), among: [order] };
      }
      const [a, b] = [multiplied(order[0]), multiplied(order[1])];
      const among = [...a.among, ...b.among];
      // The last product is made in the order of the result.
      const kept = among.length === terms.length ? output : keptLabels(among, labels, output);
      return { x: contract([a.labels, b.labels], kept, a.x, b.x), labels: kept, among };
    };
    return inOrder(multiplied(cheapestOrder(labels, output, sizes)), output);
  }) as unknown as Einsum,
);

function drawEinsum(draw: Draw): readonly unknown[] {
  const equation = draw.oneOf([
    "bct,bcs->bts",
    "ij,jk->ik",
    "ij,kj->kji",
    "i,j->ij",
    "bij,bij->b",
    "bij,cjd->di",
    "ij->ji",
    "ij->",
    "bij->jb",
    ",i->i",
    "ii->i",
    "bii->b",
    "iji,j->",
    "bi,ij,bj->b",
    "i,ij,jk->k",
    "ij,jk,kl->il",
    "a,b,c,ab->c",
    "b h q d, b h k d -> b q h k",
  ]);
  const sizes = new Map<string, number>();
  const sizeOf = (label: string): number => {
    const size = sizes.get(label) ?? draw.integer(1, 3);
    sizes.set(label, size);
    return size;
  };
  const [left = ""] = equation.split("->");
  const operands = left.split(",").map((labels) => draw.tensor(Array.from(labels.replaceAll(" ", ""), sizeOf)));
  return [equation, ...operands];
}
