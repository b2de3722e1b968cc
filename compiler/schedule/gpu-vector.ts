/**
 * Products with few rows, as of a matrix and a vector: reading the matrix is all the time that they take. The threads of a
 * workgroup part the sum among them, and combine what they have.
 *
 *   grid(batch …, block of columns) threads {
 *     var sum of each row;  loop { sums += a · b, every so many steps of the sum }
 *     tree in workgroup memory;  the first threads finish
 *   }
 */

import { type Emitter, emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  type Index,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Kernel, Lanes, Value } from "../kernel/kernel.ts";
import { constantValue, indexValue, laneOf, load, operation, splat, typeOf, vectorOf } from "../kernel/values.ts";
import type { ContractionOperand, ContractionTerm, ScheduleServices } from "./contraction.ts";
import { mergeBuffers } from "./contraction-finish.ts";
import { type AxisPlaces, bytesOf, flopsOf, placeAt, sizeOf } from "./contraction-form.ts";
import { combineLanes } from "./gpu-combine.ts";
import { finishColumns } from "./gpu-finish.ts";
import { buffersOf, type GpuForm, placesAtNumber, stepsOf } from "./gpu-form.ts";

/** More rows fill a tile. */
const mostRows = 8;
/** Shorter sums are no work for several threads, and much longer ones are for several workgroups. */
const [leastSum, mostSum] = [128, 1 << 14];
/** Vectors of columns, or columns, that neighbouring threads read. */
const groups = 8;

const whether = (emit: Emitter, isAlways: boolean, index: Index, size: number, body: () => void): void => {
  if (isAlways) body();
  else emit.when([within(index, 0, size)], body);
};

export const scheduleGpuVector = (form: GpuForm, services: ScheduleServices): readonly Kernel[] | undefined => {
  const { contraction, batch, rows, columns, terms } = form;
  const { workgroup, workgroupMemory } = services.device;
  const [height, width] = [sizeOf(rows), sizeOf(columns)];
  const steps = stepsOf(form).reduce((sum, own) => sum + own, 0);
  if (height > mostRows || steps < leastSum || steps > mostSum) return undefined;
  const lane = columns.at(-1);
  const isEven = (operand: ContractionOperand, axis: typeof lane): boolean =>
    axis !== undefined && axis.size % 4 === 0 && coefficientOf(operand.index, axis) === 1;
  // Vectors lie along the columns, or along the sum; else elements are read.
  const alongSteps = terms.every(({ b, sums }) => isEven(b, sums.at(-1)));
  const alongColumns = !alongSteps && terms.every(({ b }) => isEven(b, lane));
  const stride = alongSteps ? 4 : 1;
  const lanes: Lanes = alongColumns ? 4 : 1;
  let count: number = workgroup;
  while (4 * lanes * count * height > workgroupMemory) count /= 2;
  if (count < groups * height) return undefined;
  const perLane = count / groups;

  const threads = indexVariable("thread", count);
  const thread = indexOf(threads);
  const block = indexVariable("block", Math.ceil(width / (groups * lanes)));
  const [group, own] = alongColumns
    ? [remainder(thread, groups), quotient(thread, groups)]
    : [quotient(thread, perLane), remainder(thread, perLane)];
  const columnOf = (of: Index): Index => scaleIndex(addIndices(scaleIndex(indexOf(block), groups), of), lanes);
  const isWhole = width % (groups * lanes) === 0;
  const emit = emitter();
  // Past the last column, the last is read again.
  const column = ((): Index => {
    if (isWhole) return columnOf(group);
    const most = constantValue(width / lanes - 1, typeOf("i32"));
    const number = addIndices(scaleIndex(indexOf(block), groups), group);
    return scaleIndex(emit.bind("column", width / lanes, operation("min", indexValue(number), most)), lanes);
  })();

  const totals = Array.from({ length: height }, (_, row) =>
    emit.variable(`sum${row}`, constantValue(0, typeOf("f32", stride === 4 ? 4 : lanes))),
  );
  type Sums = ContractionTerm["sums"];
  const read = (operand: ContractionOperand, sums: Sums, places: AxisPlaces, first: Index): Value => {
    const at = (offset: number): Index => placeAt(operand, places, placesAtNumber(sums, offsetIndex(first, offset)));
    if (stride === 1) return load(operand.buffer, at(0));
    if (isEven(operand, sums.at(-1))) return load(operand.buffer, at(0), 4);
    const element = (offset: number): Value => load(operand.buffer, at(offset));
    return vectorOf([element(0), element(1), element(2), element(3)]);
  };
  for (const { a, b, sums } of terms) {
    const all = sizeOf(sums);
    const turns = Math.ceil(all / (stride * perLane));
    emit.loop("turn", turns, (turn) => {
      const first = scaleIndex(addIndices(scaleIndex(turn, perLane), own), stride);
      whether(emit, all % (stride * perLane) === 0, first, all, () => {
        const columnPlaces = placesAtNumber(columns, column);
        const right = emit.name(
          "b",
          alongColumns
            ? load(b.buffer, placeAt(b, columnPlaces, placesAtNumber(sums, first)), 4)
            : read(b, sums, columnPlaces, first),
        );
        for (const [row, total] of totals.entries()) {
          const left = read(a, sums, placesAtNumber(rows, indexOf(row)), first);
          emit.assign(total, operation("fma", alongColumns ? splat(left) : left, right, total));
        }
      });
    });
  }
  const add = (x: Value, y: Value): Value => operation("add", x, y);
  const whole = (total: Value): Value => {
    if (stride === 1) return total;
    return add(add(laneOf(total, 0), laneOf(total, 2)), add(laneOf(total, 1), laneOf(total, 3)));
  };
  const combined = combineLanes(
    emit,
    { name: "sums", scalar: "f32", width: lanes, lanes: perLane, groups, copies: height, thread, combine: add },
    totals.map(whole),
    addIndices(scaleIndex(own, groups), group),
  );
  emit.when([within(thread, 0, groups * height)], () => {
    const [row, ownGroup] = [quotient(thread, groups), remainder(thread, groups)];
    const total = emit.name("total", combined.total(ownGroup, row));
    const at = columnOf(ownGroup);
    if (alongColumns) {
      finishColumns(emit, form, total, { row, column: at }, { rows: true, columns: !isWhole });
      return;
    }
    const places = new Map([...placesAtNumber(rows, row), ...placesAtNumber(columns, at)]);
    whether(emit, isWhole, at, width, () =>
      contraction.finish(emit, total, (axis) => places.get(axis) ?? indexOf(axis)),
    );
  });
  const text = `${height} rows, the sum parted among ${perLane} threads, ${groups * lanes} columns a workgroup`;
  services.log(`${contraction.name}: ${text}`);
  return [
    {
      name: contraction.name,
      buffers: mergeBuffers(buffersOf(form), contraction.buffers),
      grid: [...batch, block].filter(({ size }) => size !== 1),
      threads,
      body: emit.statements,
      cost: { flops: flopsOf(contraction), bytes: bytesOf(contraction) },
      notes: [...contraction.notes, text],
    },
  ];
};
