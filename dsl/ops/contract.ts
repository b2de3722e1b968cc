/** The primitive `contract`: the sum of products of two tensors over named axes. */

import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type AxisRead, axisRead } from "../lowering.ts";
import { type Dense, type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { misfit, show, sizeOf, stridesOf } from "../shape.ts";
import { type AnyTensor, describe } from "../tensor.ts";
import { eachOffset } from "./broadcast.ts";
import { dotProducts } from "./dot-products.ts";

/** A name for each axis; axes of one name are one index of the sum. */
export type Labels = readonly string[];

/**
 * Each label is once in an operand and once in the output; one that is not in the output is in both operands, and summed.
 * (What only one operand has to sum is summed before, so the pullbacks are contractions again.)
 */
export interface ContractParams {
  readonly labels: readonly [Labels, Labels];
  readonly output: Labels;
}

/** Sizes by label; throws where two axes of one label differ, or where the rule of `ContractParams` is broken. */
const sizesOf = ({ labels, output }: ContractParams, operands: readonly TensorType[]): Map<string, number> => {
  const fault = (text: string): never =>
    misfit(`internal: contract: ${operands.map(({ shape }) => show(shape)).join(" and ")}: ${text}`);
  const sizes = new Map<string, number>();
  const counts = new Map<string, number>();
  labels.forEach((own, i) => {
    const { shape } = operands[i] as TensorType;
    if (new Set(own).size !== own.length || own.length !== shape.length) fault(`labels ${own}`);
    own.forEach((label, axis) => {
      const size = shape[axis] as number;
      if ((sizes.get(label) ?? size) !== size) fault(`label ${label} is ${sizes.get(label)} and ${size}`);
      sizes.set(label, size);
      counts.set(label, (counts.get(label) ?? 0) + 1);
    });
  });
  if (new Set(output).size !== output.length) fault(`output ${output}`);
  for (const label of output) if (!sizes.has(label)) fault(`no operand has label ${label}`);
  for (const [label, count] of counts)
    if (count === 1 && !output.includes(label)) fault(`label ${label} is summed over one operand`);
  return sizes;
};

/** output[…] = Σ a[…] · b[…], over the labels that the output does not have. */
export const contractPrimitive: Primitive<ContractParams> = primitive({
  name: "contract",
  kind: "contract",
  infer: (params, operands) => {
    const [a, b] = operands as [TensorType, TensorType];
    if (a.dtype !== b.dtype) misfit(`internal: contract: ${describe(a)} and ${describe(b)}`);
    const sizes = sizesOf(params, operands);
    return { shape: params.output.map((label) => sizes.get(label) as number), dtype: a.dtype };
  },
  evaluate: evaluateContract,
  lower: (params, operands) => {
    const sizes = sizesOf(params, operands);
    const { labels, output } = params;
    const order = [...sizes.keys()];
    const places = (own: Labels): AxisRead[] => own.map((label) => axisRead(order.indexOf(label)));
    return {
      kind: "products",
      axes: order.map((label) => ({
        size: sizes.get(label) as number,
        result: output.includes(label) ? { axis: output.indexOf(label), step: 1 } : null,
      })),
      operands: [places(labels[0]), places(labels[1])],
    };
  },
  // ∂a: Σ ct · b over what a does not have; its labels are in b or in the output, since nothing of a is summed alone.
  pullback: ({ params: { labels, output }, operands, ct }, index) => {
    const other = 1 - index;
    return contract([output, labels[other] as Labels], labels[index] as Labels, ct, operands[other] as AnyTensor);
  },
});

/** `contract([["i", "k"], ["k", "j"]], ["i", "j"], a, b)` is the product of matrices. */
export const contract = (labels: readonly [Labels, Labels], output: Labels, a: AnyTensor, b: AnyTensor): AnyTensor =>
  apply(contractPrimitive, { labels, output }, [a, b]);

/** Packs the operands as [batch, m, k] and [batch, n, k], multiplies rows with rows, and unpacks [batch, m, n]. */
function evaluateContract(params: ContractParams, operands: readonly Dense[], type: TensorType): Elements {
  const [a, b] = operands as [Dense, Dense];
  const { labels, output } = params;
  const sizes = sizesOf(params, operands);
  const [first, second] = labels;
  const batch = first.filter((label) => second.includes(label) && output.includes(label));
  const summed = first.filter((label) => !output.includes(label));
  const m = first.filter((label) => !second.includes(label));
  const n = second.filter((label) => !first.includes(label));
  const dims = (group: Labels): number[] => group.map((label) => sizes.get(label) as number);
  const [batches, rows, columns, depth] = [batch, m, n, summed].map((group) => sizeOf(dims(group))) as [
    number,
    number,
    number,
    number,
  ];
  const x = pack(a, first, [...batch, ...m, ...summed]);
  const y = pack(b, second, [...batch, ...n, ...summed]);
  const products = new Float64Array(batches * rows * columns);
  for (let i = 0; i < batches; i++) {
    dotProducts(
      { data: x, count: rows, start: i * rows * depth },
      { data: y, count: columns, start: i * columns * depth },
      depth,
      { data: products, start: i * rows * columns, step: columns },
    );
  }
  const order = [...batch, ...m, ...n];
  const out = allocateFor(type);
  out.set(pack({ data: products, shape: dims(order), dtype: type.dtype }, order, output));
  return out;
}

/** Elements in f64, in the row-major order of other labels. */
const pack = ({ data, shape }: Dense, labels: Labels, order: Labels): Float64Array => {
  if (labels.every((label, axis) => label === order[axis])) return new Float64Array(data);
  const strides = stridesOf(shape);
  const axes = order.map((label) => labels.indexOf(label));
  const packed = new Float64Array(data.length);
  eachOffset(
    axes.map((axis) => shape[axis] as number),
    axes.map((axis) => strides[axis] as number),
    (i, offset) => {
      packed[i] = data[offset] as number;
    },
  );
  return packed;
};
