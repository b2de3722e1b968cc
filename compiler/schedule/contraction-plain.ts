/**
 * The plain schedule: one grid point computes one result, or four that lie side by side. It fits every contraction, and is
 * the fast one where no operand is used twice, as in depthwise convolutions.
 */

import { emitter } from "../kernel/emit.ts";
import {
  coefficientOf,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { constantValue, load, operation, splat, typeOf } from "../kernel/values.ts";
import type { Contraction, ContractionOperand, ContractionTerm, ScheduleServices } from "./contraction.ts";
import { mergeBuffers } from "./contraction-finish.ts";
import {
  type AxisPlaces,
  axesOfRole,
  bytesOf,
  flopsOf,
  packedSize,
  placeAt,
  sizeOf,
  termsOf,
} from "./contraction-form.ts";
import { packedOperand } from "./contraction-pack.ts";

/** Whether one operand is read along an axis as vectors: as it lies, as one element, or from a copy that pays. */
const readingAlong = (
  contraction: Contraction,
  operand: ContractionOperand,
  sums: readonly IndexVariable[],
  axis: IndexVariable,
): "vector" | "element" | "packed" | undefined => {
  const step = coefficientOf(operand.index, axis);
  if (step === 0) return "element";
  if (step === 1) return "vector";
  const results = contraction.axes.flatMap(({ role, variable }) => (role === "sum" ? [] : [variable]));
  const copied = packedSize(operand, [...results, ...sums]);
  return step !== undefined && copied <= flopsOf(contraction) / 32 ? "packed" : undefined;
};

/** The axis along which four results are computed at once. */
const laneAxis = (contraction: Contraction): IndexVariable | undefined => {
  const { contiguous } = contraction;
  if (contiguous === undefined || contiguous.size % 4 !== 0) return undefined;
  const isRead = ({ a, b, sums }: ContractionTerm): boolean =>
    [a, b].every((operand) => readingAlong(contraction, operand, sums, contiguous));
  return termsOf(contraction).every(isRead) ? contiguous : undefined;
};

interface Element {
  readonly buffer: Buffer;
  readonly read: (steps: AxisPlaces) => Value;
}

/** Cycles, in the terms of `priceOf` of forms. */
export const plainPrice = (contraction: Contraction): number =>
  (flopsOf(contraction) / 2) * (laneAxis(contraction) === undefined ? 3 : 0.4);

export const schedulePlain = (contraction: Contraction, services: ScheduleServices): readonly Kernel[] => {
  const lane = laneAxis(contraction);
  const vector = lane && indexVariable(lane.name, lane.size / 4);
  const results = (["batch", "rows", "columns"] as const).flatMap((role) => axesOfRole(contraction, role));
  const places: AxisPlaces = lane && vector ? new Map([[lane, scaleIndex(indexOf(vector), 4)]]) : new Map();
  const lanes = lane === undefined ? 1 : 4;
  const emit = emitter();
  const element = (operand: ContractionOperand, sums: readonly IndexVariable[]): Element => {
    const reading = lane && readingAlong(contraction, operand, sums, lane);
    if (lane && reading === "packed") {
      const outer = results.filter((axis) => axis !== lane);
      const packed = packedOperand(contraction, operand, { outer, sums, lane, width: lane.size }, services);
      const read = (steps: AxisPlaces): Value => load(packed.buffer, packed.place(new Map([...steps, ...places])), 4);
      return { buffer: packed.buffer, read };
    }
    const read = (steps: AxisPlaces): Value => {
      const value = load(operand.buffer, placeAt(operand, steps, places), reading === "vector" ? 4 : 1);
      return lanes === 4 ? splat(value) : value;
    };
    return { buffer: operand.buffer, read };
  };
  const sum = emit.variable("sum", constantValue(0, typeOf("f32", lanes)));
  const buffers: Buffer[] = [];
  for (const { sums, ...operands } of termsOf(contraction)) {
    const [a, b] = [element(operands.a, sums), element(operands.b, sums)];
    buffers.push(a.buffer, b.buffer);
    const visit = (level: number, steps: AxisPlaces): void => {
      const axis = sums[level];
      if (axis !== undefined)
        emit.loop(axis.name, axis.size, (index) => visit(level + 1, new Map([...steps, [axis, index]])));
      else emit.assign(sum, operation("fma", a.read(steps), b.read(steps), sum));
    };
    visit(0, new Map());
  }
  contraction.finish(emit, sum, (axis): Index => places.get(axis) ?? indexOf(axis));
  // The lanes' axis is the fastest, so that neighbouring points write side by side.
  const axes = vector === undefined ? results : [...results.filter((axis) => axis !== lane), vector];
  return [
    {
      name: contraction.name,
      buffers: mergeBuffers(buffers, contraction.buffers),
      grid: axes.filter(({ size }) => size !== 1),
      body: emit.statements,
      cost: { flops: flopsOf(contraction), bytes: bytesOf(contraction) },
      notes: [...contraction.notes, `${sizeOf(axes)} times ${lanes} results at once`],
    },
  ];
};
