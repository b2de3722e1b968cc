/**
 * Packed operands for graphics processors: where an operand is side by side neither along the sum nor along its rows, a
 * copy [outer …][sum …][rows …] is read instead, if it is made once or read often.
 */

import { emitter, within } from "../kernel/emit.ts";
import {
  coefficientOf,
  dependsOn,
  flattenIndex,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  printIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Value } from "../kernel/kernel.ts";
import { constantValue, load, typeOf, vectorOf } from "../kernel/values.ts";
import type { ContractionOperand, ScheduleServices } from "./contraction.ts";
import { placeAt, sizeOf } from "./contraction-form.ts";
import { type GpuForm, placesAtNumber } from "./gpu-form.ts";

interface Packing {
  readonly operand: ContractionOperand;
  readonly outer: readonly IndexVariable[];
  /** Side by side in the copy, in whole vectors. */
  readonly inner: readonly IndexVariable[];
}

const widthOf = ({ inner }: Packing): number => Math.ceil(sizeOf(inner) / 4) * 4;

const packKernel = (packing: Packing, target: Buffer): Kernel => {
  const { operand, outer, inner } = packing;
  const all = sizeOf(inner);
  const quad = indexVariable("quad", widthOf(packing) / 4);
  const first = scaleIndex(indexOf(quad), 4);
  const emit = emitter();
  const element = (offset: number): Value =>
    load(operand.buffer, placeAt(operand, placesAtNumber(inner, offsetIndex(first, offset))));
  const zero = constantValue(0, typeOf("f32"));
  const write = (most: number): void => {
    const lanes = [0, 1, 2, 3].map((offset) => (offset < most ? element(offset) : zero));
    const place = flattenIndex([...outer.map(indexOf), first], [...outer.map(({ size }) => size), widthOf(packing)]);
    emit.store(target, place, vectorOf(lanes as [Value, Value, Value, Value]));
  };
  if (all % 4 === 0) write(4);
  else
    emit.when(
      [within(indexOf(quad), 0, quad.size - 1)],
      () => write(4),
      () => write(all % 4),
    );
  return {
    name: `${operand.buffer.name} reordered`,
    buffers: [operand.buffer, target],
    grid: [...outer, quad].filter(({ size }) => size !== 1),
    body: emit.statements,
    cost: { flops: 0, bytes: 8 * target.size },
    notes: [
      `copies ${operand.buffer.name} so that neighbours along ${inner.map(({ name }) => name).join(", ")}, which are read together, lie side by side`,
    ],
  };
};

const packed = (packing: Packing, services: ScheduleServices): ContractionOperand => {
  const { operand, outer, inner } = packing;
  const names = new Map([...outer, ...inner].map((axis, i) => [axis, `${i}:${axis.size}`]));
  const terms = operand.index.terms.map((term) =>
    printIndex({ constant: 0, terms: [term] }, (axis) => names.get(axis) ?? axis.name),
  );
  const key = `${inner.length} of ${[...names.values()].join(" ")}: ${terms.sort().join(" + ")} + ${operand.index.constant}`;
  const width = widthOf(packing);
  const buffer = services.derive({
    key: `side by side ${key}`,
    name: `${operand.buffer.name} reordered`,
    size: sizeOf(outer) * width,
    source: operand.buffer,
    build: (target) => packKernel(packing, target),
  });
  const number = flattenIndex(
    inner.map(indexOf),
    inner.map(({ size }) => size),
  );
  const index = flattenIndex([...outer.map(indexOf), number], [...outer.map(({ size }) => size), width]);
  return { buffer, index };
};

/** Whether four neighbours along the axis are a vector in memory. */
const isEvenAlong = (index: Index, axis: IndexVariable | undefined): boolean =>
  axis !== undefined && axis.size % 4 === 0 && coefficientOf(index, axis) === 1;

/** Readings of each element from which on a copy in the call pays. */
const leastReadings = 64;

const evenOperand = (
  operand: ContractionOperand,
  [batch, sums]: readonly [readonly IndexVariable[], readonly IndexVariable[]],
  own: readonly IndexVariable[],
  readings: number,
  services: ScheduleServices,
): ContractionOperand => {
  if (isEvenAlong(operand.index, own.at(-1)) || isEvenAlong(operand.index, sums.at(-1))) return operand;
  const inner = own.filter((axis) => axis.size > 1);
  const outer = [...batch, ...sums].filter((axis) => axis.size > 1 && dependsOn(operand.index, axis));
  if (sizeOf(inner) < 4) return operand;
  const packing: Packing = { operand, outer, inner };
  const isSmall = sizeOf(outer) * widthOf(packing) <= 1.5 * operand.buffer.size;
  const pays = services.isFrozen(operand) ? isSmall : isSmall && readings >= leastReadings;
  return pays ? packed(packing, services) : operand;
};

/** The form with operands that can be read as vectors, where a copy pays. */
export const withEvenOperands = (form: GpuForm, services: ScheduleServices): GpuForm => {
  const { batch, rows, columns } = form;
  const terms = form.terms.map(({ a, b, sums }) => ({
    a: evenOperand(a, [batch, sums], rows, sizeOf(columns), services),
    b: evenOperand(b, [batch, sums], columns, sizeOf(rows), services),
    sums,
  }));
  return { ...form, terms };
};
