/** What becomes of the sums of a thread: four along the columns at once where they lie so, and nothing past the edges. */

import { type Emitter, within } from "../kernel/emit.ts";
import { type Index, type IndexVariable, indexOf, offsetIndex } from "../kernel/index-expression.ts";
import type { Condition, Value } from "../kernel/kernel.ts";
import { laneOf } from "../kernel/values.ts";
import { finishLanes } from "./contraction-finish.ts";
import { type AxisPlaces, sizeOf } from "./contraction-form.ts";
import { asContractionForm, type GpuForm, placesAtNumber } from "./gpu-form.ts";

/** Writes a value of four lanes, or of one, at places of its first lane. */
export type Finish = (emit: Emitter, value: Value, places: AxisPlaces) => void;

/** Calls `body` where the conditions hold; conditions that always do are left out by printers. */
const where = (emit: Emitter, conditions: readonly Condition[], body: () => void): void => {
  if (conditions.length === 0) body();
  else emit.when(conditions, body);
};

/**
 * Finishes four columns from the number `column` on, in the row with the number `row`. `isRagged` says which of both may be
 * past the edge.
 */
export const finishColumns = (
  emit: Emitter,
  form: GpuForm,
  vector: Value,
  { row, column }: { readonly row: Index; readonly column: Index },
  isRagged: { readonly rows: boolean; readonly columns: boolean },
  finish: Finish = (own, value, places) => finishWith(own, form, value, places),
): void => {
  const { rows, columns } = form;
  const [allRows, allColumns] = [sizeOf(rows), sizeOf(columns)];
  const lane = columns.at(-1) as IndexVariable;
  const inRows = isRagged.rows ? [within(row, 0, allRows)] : [];
  const at = (offset: number): AxisPlaces =>
    new Map([...placesAtNumber(rows, row), ...placesAtNumber(columns, offsetIndex(column, offset))]);
  const each = (last: number): void => {
    for (const i of ([0, 1, 2, 3] as const).slice(0, last))
      where(emit, isRagged.columns ? [within(offsetIndex(column, i), 0, allColumns)] : [], () =>
        finish(emit, laneOf(vector, i), at(i)),
      );
  };
  where(emit, inRows, () => {
    if (lane.size % 4 === 0)
      where(emit, isRagged.columns ? [within(column, 0, allColumns)] : [], () => finish(emit, vector, at(0)));
    else if (columns.length === 1 && allColumns >= 4)
      // Only the last vector is parted.
      emit.when(
        [within(column, 0, allColumns - 3)],
        () => finish(emit, vector, at(0)),
        () => each(3),
      );
    else each(4);
  });
};

const finishWith = (emit: Emitter, form: GpuForm, value: Value, places: AxisPlaces): void => {
  if (value.type.lanes === 4) finishLanes(emit, asContractionForm(form), value, places, 4);
  else form.contraction.finish(emit, value, (axis) => places.get(axis) ?? indexOf(axis));
};
