/**
 * The form of a contraction that register tiles work on: which operand gives splats and which gives vectors, and along which
 * axis the lanes lie. All choices of these compute the same; the cheapest is taken, by a model of a few numbers.
 */

import {
  coefficientOf,
  dependsOn,
  type Index,
  type IndexVariable,
  substituteIndex,
} from "../kernel/index-expression.ts";
import type { Contraction, ContractionOperand, ContractionTerm, ScheduleServices } from "./contraction.ts";

/** `a` gives one element of each row, splatted; `b` gives four columns along `lane`. */
export interface FormTerm {
  /** In the order of the loops: the smallest stride of `a` last, so that its elements are read one after another. */
  readonly sums: readonly IndexVariable[];
  readonly a: ContractionOperand;
  readonly b: ContractionOperand;
  /** How `b` is read. */
  readonly reading: "in place" | "packed";
}

export interface ContractionForm extends FormTerm {
  readonly contraction: Contraction;
  readonly batch: readonly IndexVariable[];
  readonly rows: readonly IndexVariable[];
  readonly columns: readonly IndexVariable[];
  /** The column axis along which vectors lie. */
  readonly lane: IndexVariable;
  /** Further terms of the sum. */
  readonly more?: readonly FormTerm[];
}

/** Each term of the sum as a form of its own. */
export const formTerms = ({ more = [], ...form }: ContractionForm): readonly ContractionForm[] => [
  form,
  ...more.map((term) => ({ ...form, ...term })),
];

export type AxisPlaces = ReadonlyMap<IndexVariable, Index>;

/** The place of an operand's element where the axes stand at `places`. */
export const placeAt = (operand: ContractionOperand, ...places: readonly AxisPlaces[]): Index =>
  substituteIndex(operand.index, (variable) => {
    for (const map of places) {
      const place = map.get(variable);
      if (place !== undefined) return place;
    }
    return undefined;
  });

export const sizeOf = (axes: readonly IndexVariable[]): number => axes.reduce((size, axis) => size * axis.size, 1);

export const axesOfRole = (contraction: Contraction, role: "batch" | "rows" | "columns" | "sum"): IndexVariable[] =>
  contraction.axes.filter((axis) => axis.role === role).map(({ variable }) => variable);

/** All terms of the sum. */
export const termsOf = (contraction: Contraction): readonly ContractionTerm[] => {
  const { a, b, more = [] } = contraction;
  return [{ a, b, sums: axesOfRole(contraction, "sum") }, ...more];
};

const resultAxes = ({ axes }: Contraction): IndexVariable[] =>
  axes.filter(({ role }) => role !== "sum").map(({ variable }) => variable);

/** Multiplications and additions of one contraction. */
export const flopsOf = (contraction: Contraction): number => {
  const steps = termsOf(contraction).reduce((sum, { sums }) => sum + sizeOf(sums), 0);
  return 2 * sizeOf(resultAxes(contraction)) * steps;
};

/** Bytes of all operands and the results, each once. */
export const bytesOf = (contraction: Contraction): number => {
  const operands = new Set(termsOf(contraction).flatMap(({ a, b }) => [a.buffer, b.buffer]));
  const read = [...operands].reduce((sum, { size }) => sum + size, 0);
  return 4 * (read + sizeOf(resultAxes(contraction)));
};

/** Elements that a packed copy of an operand has: more than it has itself where windows overlap. */
export const packedSize = (operand: ContractionOperand, axes: readonly IndexVariable[]): number =>
  sizeOf(axes.filter((axis) => dependsOn(operand.index, axis)));

/** Cycles, roughly: eight products of vectors' lanes take one, and copies cost by whether they move vectors. */
const priceOf = (form: ContractionForm, frozen: boolean): number => {
  const { batch, rows, columns, sums, b, lane, contraction } = form;
  const results = sizeOf([...batch, ...rows, ...columns]);
  const waste = (Math.ceil(lane.size / 4) * 4) / lane.size;
  const narrow = lane.size <= 4 ? 1.3 : 1;
  const few = sizeOf(rows) < 4 ? 1.5 : 1;
  const compute = ((results * sizeOf(sums)) / 8) * waste * narrow * few;
  const whole = lane === contraction.contiguous && lane.size % 4 === 0;
  const packing = form.reading === "in place" || frozen ? 0 : packedSize(b, [...batch, ...columns, ...sums]);
  const unit = coefficientOf(b.index, lane) === 1;
  return compute + results * (whole ? 0.5 : 3) + packing * (unit ? 0.5 : 2);
};

/** Whether a packed copy pays: always where it is made once, and where enough rows read it one after another. */
const readingOf = (form: ContractionForm, services: ScheduleServices): ContractionForm["reading"] => {
  const { b, lane, rows, batch, columns, sums } = form;
  const inPlace = coefficientOf(b.index, lane) === 1 && lane.size % 4 === 0;
  if (!inPlace) return "packed";
  // Interpreted devices read neighbouring columns at the same time: rows of b as they lie are what they like.
  if (services.device.interpreted) return "in place";
  if (services.isFrozen(b)) return "packed";
  const copies = packedSize(b, [...batch, ...columns, ...sums]) / b.buffer.size;
  return copies <= 1.5 && sizeOf(rows) >= 32 ? "packed" : "in place";
};

/** Sum axes in the order in which `a` is read most evenly. */
const sumOrder = (sums: readonly IndexVariable[], a: Index): IndexVariable[] => {
  const stride = (axis: IndexVariable): number => Math.abs(coefficientOf(a, axis) ?? Number.MAX_SAFE_INTEGER);
  return sums.filter(({ size }) => size > 1).sort((x, y) => stride(y) - stride(x));
};

export interface PricedForm {
  readonly form: ContractionForm;
  readonly price: number;
}

/** The cheapest form, `undefined` where there is no axis for lanes. */
export const bestForm = (contraction: Contraction, services: ScheduleServices): PricedForm | undefined => {
  const batch = axesOfRole(contraction, "batch");
  const terms = termsOf(contraction);
  const ways = [
    { rows: "rows", columns: "columns", operands: ({ a, b }: ContractionTerm) => ({ a, b }) },
    { rows: "columns", columns: "rows", operands: ({ a, b }: ContractionTerm) => ({ a: b, b: a }) },
  ] as const;
  let best: PricedForm | undefined;
  for (const way of ways) {
    const rows = axesOfRole(contraction, way.rows);
    const columns = axesOfRole(contraction, way.columns);
    for (const lane of columns) {
      if (lane.size < 2) continue;
      const forms = terms.map((term): ContractionForm => {
        const { a, b } = way.operands(term);
        const sums = sumOrder(term.sums, a.index);
        const draft: ContractionForm = { contraction, batch, rows, columns, sums, a, b, lane, reading: "packed" };
        return { ...draft, reading: readingOf(draft, services) };
      });
      const price = forms.reduce((sum, form) => sum + priceOf(form, services.isFrozen(form.b)), 0);
      const [first, ...more] = forms as [ContractionForm, ...ContractionForm[]];
      const form = more.length === 0 ? first : { ...first, more };
      if (best === undefined || price < best.price) best = { form, price };
    }
  }
  return best;
};
