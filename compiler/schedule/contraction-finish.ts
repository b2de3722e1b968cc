/** How sums become results: four lanes at once where results lie side by side, else one by one. */

import type { Emitter } from "../kernel/emit.ts";
import { type IndexVariable, indexOf, offsetIndex } from "../kernel/index-expression.ts";
import type { Buffer, Value } from "../kernel/kernel.ts";
import { laneOf } from "../kernel/values.ts";
import type { AxisPlaces, ContractionForm } from "./contraction-form.ts";

/** Writes the first `lanes` lanes of a vector along `form.lane`. `places` are of the first lane; batch axes are themselves. */
export const finishLanes = (
  emit: Emitter,
  form: Pick<ContractionForm, "contraction" | "lane">,
  vector: Value,
  places: AxisPlaces,
  lanes: number,
): void => {
  const { contraction, lane } = form;
  const at = (offset: number) => (axis: IndexVariable) => {
    const place = places.get(axis) ?? indexOf(axis);
    return axis === lane ? offsetIndex(place, offset) : place;
  };
  if (lanes === 4 && contraction.contiguous === lane) {
    contraction.finish(emit, vector, at(0));
    return;
  }
  for (const i of ([0, 1, 2, 3] as const).slice(0, lanes)) contraction.finish(emit, laneOf(vector, i), at(i));
};

/** The buffers of a kernel, each once. */
export const mergeBuffers = (...lists: readonly (readonly Buffer[])[]): Buffer[] => [...new Set(lists.flat())];
