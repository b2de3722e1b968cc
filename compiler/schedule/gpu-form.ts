/**
 * The form of a contraction on a graphics processor: a product of matrices whose rows, columns and steps are numbered
 * through all axes of a role, with results side by side along the columns.
 */

import { coefficientOf, type Index, type IndexVariable, unflattenIndex } from "../kernel/index-expression.ts";
import type { Buffer } from "../kernel/kernel.ts";
import type { Contraction, ContractionOperand, ContractionTerm } from "./contraction.ts";
import { type AxisPlaces, axesOfRole, type ContractionForm, sizeOf, termsOf } from "./contraction-form.ts";

export interface GpuForm {
  readonly contraction: Contraction;
  readonly batch: readonly IndexVariable[];
  /** The fastest last. */
  readonly rows: readonly IndexVariable[];
  readonly columns: readonly IndexVariable[];
  /** All terms of the sum, their steps one after another. */
  readonly terms: readonly ContractionTerm[];
}

/** Where the axes stand at a number that counts through them. */
export const placesAtNumber = (axes: readonly IndexVariable[], number: Index): AxisPlaces => {
  const places = unflattenIndex(
    number,
    axes.map(({ size }) => size),
  );
  return new Map(axes.map((axis, i) => [axis, places[i] as Index]));
};

const withLast = (axes: readonly IndexVariable[], last: IndexVariable | undefined): readonly IndexVariable[] =>
  last === undefined || !axes.includes(last) ? axes : [...axes.filter((axis) => axis !== last), last];

/** The axis along which an operand's elements lie side by side. */
const unitAxis = (axes: readonly IndexVariable[], { index }: ContractionOperand): IndexVariable | undefined =>
  axes.find((axis) => axis.size > 1 && coefficientOf(index, axis) === 1);

/** Columns are the side along which results lie; where none is, the larger one. */
export const gpuForm = (contraction: Contraction): GpuForm => {
  const { contiguous } = contraction;
  const batch = axesOfRole(contraction, "batch");
  const [left, right] = [axesOfRole(contraction, "rows"), axesOfRole(contraction, "columns")];
  const isLeft = contiguous !== undefined && left.includes(contiguous);
  const isRight = contiguous !== undefined && right.includes(contiguous);
  const swap = isLeft || (!isRight && sizeOf(left) > sizeOf(right));
  const [rows, columns] = swap ? [right, left] : [left, right];
  const terms = termsOf(contraction).map(({ sums, ...operands }): ContractionTerm => {
    const [a, b] = swap ? [operands.b, operands.a] : [operands.a, operands.b];
    return { a, b, sums: withLast(sums, unitAxis(sums, a) ?? unitAxis(sums, b)) };
  });
  const [{ a, b }] = terms as [ContractionTerm];
  return {
    contraction,
    batch,
    rows: withLast(rows, unitAxis(rows, a)),
    columns: withLast(columns, isLeft || isRight ? contiguous : unitAxis(columns, b)),
    terms,
  };
};

/** The steps of each term. */
export const stepsOf = ({ terms }: GpuForm): readonly number[] => terms.map(({ sums }) => sizeOf(sums));

export const buffersOf = ({ terms }: GpuForm): readonly Buffer[] => terms.flatMap(({ a, b }) => [a.buffer, b.buffer]);

/** The form as kernels for sums of parts take it. */
export const asContractionForm = (form: GpuForm): ContractionForm => ({
  ...form,
  ...(form.terms[0] as ContractionTerm),
  lane: form.columns.at(-1) as IndexVariable,
  reading: "in place",
});
