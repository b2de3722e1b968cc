/**
 * The form of a contraction on a graphics processor: a product of matrices whose rows, columns and steps are numbered
 * through all axes of a role, with results side by side along the columns.
 */

import { coefficientOf, type Index, type IndexVariable, unflattenIndex } from "../kernel/index-expression.ts";
import type { Contraction, ContractionOperand } from "./contraction.ts";
import { type AxisPlaces, axesOfRole, type ContractionForm, sizeOf } from "./contraction-form.ts";

export interface GpuForm {
  readonly contraction: Contraction;
  readonly batch: readonly IndexVariable[];
  /** The fastest last. */
  readonly rows: readonly IndexVariable[];
  readonly columns: readonly IndexVariable[];
  readonly sums: readonly IndexVariable[];
  readonly a: ContractionOperand;
  readonly b: ContractionOperand;
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
  const [a, b] = swap ? [contraction.b, contraction.a] : [contraction.a, contraction.b];
  const [rows, columns] = swap ? [right, left] : [left, right];
  const sums = axesOfRole(contraction, "sum");
  const unit = unitAxis(sums, a) ?? unitAxis(sums, b);
  return {
    contraction,
    batch,
    rows: withLast(rows, unitAxis(rows, a)),
    columns: withLast(columns, isLeft || isRight ? contiguous : unitAxis(columns, b)),
    sums: withLast(sums, unit),
    a,
    b,
  };
};

/** The form as kernels for sums of parts take it. */
export const asContractionForm = (form: GpuForm): ContractionForm => ({
  ...form,
  lane: form.columns.at(-1) as IndexVariable,
  reading: "in place",
});
