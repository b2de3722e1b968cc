/**
 * Packed operands: a copy of `b` in panels, [batch …][other columns …][panel][sum …][width], so that a register tile reads
 * it from front to back. Places past the last column hold zeros.
 */

import { emitter, within } from "../kernel/emit.ts";
import {
  coefficientOf,
  dependsOn,
  flattenIndex,
  type Index,
  type IndexTerm,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { constantValue, load, typeOf, vectorOf } from "../kernel/values.ts";
import type { Contraction, ContractionOperand, ScheduleServices } from "./contraction.ts";
import { type AxisPlaces, type ContractionForm, placeAt, sizeOf } from "./contraction-form.ts";
import type { DeviceClass } from "./device-class.ts";

/** An operand as the register tile reads it: four columns from a place, which the first lane has. */
export interface VectorOperand {
  readonly buffer: Buffer;
  readonly place: (places: AxisPlaces) => Index;
}

export interface Panels {
  /** The axes outside of the panels, in their order. */
  readonly outer: readonly IndexVariable[];
  readonly sums: readonly IndexVariable[];
  readonly lane: IndexVariable;
  readonly width: number;
}

const panelCount = ({ lane, width }: Panels): number => Math.ceil(lane.size / width);

/** The place of a column in the packed copy. */
const packedPlace = (panels: Panels, places: AxisPlaces): Index => {
  const at = (axis: IndexVariable): Index => places.get(axis) ?? indexOf(axis);
  const column = at(panels.lane);
  const { outer, sums, width } = panels;
  return flattenIndex(
    [...outer.map(at), quotient(column, width), ...sums.map(at), remainder(column, width)],
    [...outer.map(({ size }) => size), panelCount(panels), ...sums.map(({ size }) => size), width],
  );
};

/** Equal for copies of one buffer that are the same, whichever contraction asks. */
const keyOf = (panels: Panels, operand: ContractionOperand): string => {
  const names = new Map([...panels.outer, panels.lane, ...panels.sums].map((axis, i) => [axis, `${i}:${axis.size}`]));
  const term = ({ coefficient, atom }: IndexTerm): string =>
    atom.kind === "variable"
      ? `${coefficient}*${names.get(atom) ?? atom.name}`
      : `${coefficient}*(${print(atom.of)} ${atom.kind} ${atom.by})`;
  const print = ({ terms, constant }: Index): string => [...terms.map(term).sort(), constant].join("+");
  return `panels ${panels.width} [${[...names.values()].join(" ")}] ${print(operand.index)}`;
};

/** Four columns from `column` on, where the last `missing` are zeros. */
const gather = (
  operand: ContractionOperand,
  panels: Panels,
  places: AxisPlaces,
  column: Index,
  most: number,
): Value => {
  const { lane } = panels;
  const at = (offset: number): Index => placeAt(operand, new Map([...places, [lane, offsetIndex(column, offset)]]));
  if (most >= 4 && coefficientOf(operand.index, lane) === 1) return load(operand.buffer, at(0), 4);
  const element = (offset: number): Value =>
    offset < most ? load(operand.buffer, at(offset)) : constantValue(0, typeOf("f32"));
  return vectorOf([element(0), element(1), element(2), element(3)]);
};

/** Columns that one grid point copies: a panel, or a vector of one as wide as the operand. */
const widest = 32;

const packKernel = (
  contraction: Contraction,
  operand: ContractionOperand,
  panels: Panels,
  target: Buffer,
  device: DeviceClass,
): Kernel => {
  const { outer, sums, lane, width } = panels;
  const unit = width <= widest ? width : 4;
  const emit = emitter();
  const group = indexVariable("columns", (panelCount(panels) * width) / unit);
  // Threads take long stretches; invocations of a graphics processor are many.
  const spread = device.kind === "webgpu" ? sums.length : 1;
  const first = scaleIndex(indexOf(group), unit);
  const fill = (most: number): void => {
    const visit = (level: number, places: AxisPlaces): void => {
      const axis = sums[level];
      if (axis !== undefined) {
        emit.loop(axis.name, axis.size, (index) => visit(level + 1, new Map([...places, [axis, index]])));
        return;
      }
      for (let offset = 0; offset < unit; offset += 4) {
        const column = offsetIndex(first, offset);
        const value = gather(operand, panels, places, column, most - offset);
        emit.store(target, packedPlace(panels, new Map([...places, [lane, column]])), value);
      }
    };
    visit(spread, new Map());
  };
  const tail = lane.size % unit;
  if (tail === 0) fill(unit);
  else if (group.size === 1) fill(tail);
  else
    emit.when(
      [within(indexOf(group), 0, group.size - 1)],
      () => fill(unit),
      () => fill(tail),
    );
  const grid = device.kind === "webgpu" ? [...outer, ...sums, group] : [...outer, group, ...sums.slice(0, 1)];
  return {
    name: `${contraction.name} reordered`,
    buffers: [operand.buffer, target],
    grid: grid.filter(({ size }) => size !== 1),
    body: emit.statements,
    cost: { flops: 0, bytes: 8 * target.size },
    notes: [
      `copies ${operand.buffer.name} so that ${width} neighbours along one axis (${lane.name}), which are read together, lie side by side`,
    ],
  };
};

/** A packed copy of an operand: of the axes that it depends on, `sums` inside the panels and the others outside. */
export const packedOperand = (
  contraction: Contraction,
  operand: ContractionOperand,
  axes: Panels,
  services: ScheduleServices,
): VectorOperand => {
  const isNeeded = (axis: IndexVariable): boolean => axis.size > 1 && dependsOn(operand.index, axis);
  const { lane, width } = axes;
  const panels: Panels = { outer: axes.outer.filter(isNeeded), sums: axes.sums.filter(isNeeded), lane, width };
  const buffer = services.derive({
    key: keyOf(panels, operand),
    name: `${operand.buffer.name} reordered`,
    size: sizeOf([...panels.outer, ...panels.sums]) * panelCount(panels) * width,
    source: operand.buffer,
    build: (target) => packKernel(contraction, operand, panels, target, services.device),
  });
  return { buffer, place: (places) => packedPlace(panels, places) };
};

/** `b` as the form says, in panels of `width` columns where it is packed. */
export const vectorOperand = (form: ContractionForm, services: ScheduleServices, width: number): VectorOperand => {
  const { b, batch, columns, lane, sums, contraction } = form;
  if (form.reading === "in place") return { buffer: b.buffer, place: (places) => placeAt(b, places) };
  const outer = [...batch, ...columns].filter((axis) => axis !== lane);
  return packedOperand(contraction, b, { outer, sums, lane, width }, services);
};
