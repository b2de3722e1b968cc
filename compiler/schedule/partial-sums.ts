/** Sums of parts of a long sum, and the kernel that adds them: in the order of the parts, whoever computed them. */

import { type Emitter, emitter, within } from "../kernel/emit.ts";
import {
  flattenIndex,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { constantValue, load, operation, typeOf } from "../kernel/values.ts";
import type { ScheduleServices } from "./contraction.ts";
import { finishLanes, mergeBuffers } from "./contraction-finish.ts";
import { type AxisPlaces, type ContractionForm, sizeOf } from "./contraction-form.ts";

export interface PartialSums {
  readonly buffer: Buffer;
  readonly store: (emit: Emitter, part: Index, places: AxisPlaces, sum: Value) => void;
  /** Adds the parts and finishes. */
  readonly kernel: Kernel;
}

export const partialSums = (form: ContractionForm, parts: number, services: ScheduleServices): PartialSums => {
  const { contraction, batch, rows, columns, lane } = form;
  // Lanes last and in whole vectors: [part][batch …][rows …][other columns …][lanes].
  const vectors = Math.ceil(lane.size / 4);
  const outer = [...batch, ...rows, ...columns.filter((axis) => axis !== lane)];
  const shape = [parts, ...outer.map(({ size }) => size), 4 * vectors];
  const size = parts * sizeOf(outer) * 4 * vectors;
  const buffer = services.temporary(`${contraction.name} parts`, size);
  const placeOf = (part: Index, places: AxisPlaces): Index => {
    const at = (axis: IndexVariable): Index => places.get(axis) ?? indexOf(axis);
    return flattenIndex([part, ...outer.map(at), at(lane)], shape);
  };

  const vector = indexVariable("vector", vectors);
  const emit = emitter();
  const places: AxisPlaces = new Map([[lane, scaleIndex(indexOf(vector), 4)]]);
  const sum = emit.variable("sum", constantValue(0, typeOf("f32", 4)));
  emit.loop("part", parts, (part) => emit.assign(sum, operation("add", sum, load(buffer, placeOf(part, places), 4))));
  const rest = lane.size % 4;
  if (rest === 0) finishLanes(emit, form, sum, places, 4);
  else if (vectors === 1) finishLanes(emit, form, sum, places, rest);
  else
    emit.when(
      [within(indexOf(vector), 0, vectors - 1)],
      () => finishLanes(emit, form, sum, places, 4),
      () => finishLanes(emit, form, sum, places, rest),
    );
  return {
    buffer,
    store: (own, part, at, value) => own.store(buffer, placeOf(part, at), value),
    kernel: {
      name: `${contraction.name} sum of parts`,
      buffers: mergeBuffers([buffer], contraction.buffers),
      grid: [...outer, vector].filter((axis) => axis.size !== 1),
      body: emit.statements,
      cost: { flops: size, bytes: 4 * (size + size / parts) },
      notes: [`${parts} parts of ${contraction.name}`],
    },
  };
};
