/**
 * Rows that lie between each other in memory: the groups of a group norm, whose few channels stand beside those of the next
 * group at every pixel. A grid point takes a slab of several rows, so that vectors run along the elements of one row and on
 * into the next; each lane is combined by itself, and the lanes of a row at the end.
 */

import { sizeOf } from "../../dsl/shape.ts";
import type { Variable } from "../ir/program.ts";
import { type Emitter, emitter } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  gcd,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../kernel/index-expression.ts";
import { type Buffer, type Kernel, scratchBuffer, type Value } from "../kernel/kernel.ts";
import { load, splat } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import { combineValues, emptyValue } from "./accumulate.ts";
import { bufferList, type Context } from "./context.ts";
import { placesAt } from "./domain.ts";
import { addressOf } from "./location.ts";
import { reader } from "./reader.ts";
import type { Region, Stage } from "./region.ts";
import { combinationOf, type Rows, rowsOf } from "./rows.ts";

/** Elements of a slab that lie side by side, at most: a register for each four. */
const widest = 48;
/** Elements of a cache line: narrower slabs would share lines. */
const line = 16;
/** Slabs that are worth having, for threads to share. */
const fewestPoints = 8;

interface Slab {
  /** Rows of a slab, and elements of one of them that lie side by side. */
  readonly rows: number;
  readonly inner: number;
}

/** How to cut the rows into slabs; `undefined` where they do not lie between each other. */
const slabOf = ({ stages, sums, merged, elementsOf, nodeIn, placesIn }: Rows, context: Context): Slab | undefined => {
  const [row, element] = [merged.axes.at(-1), sums.axes.at(-1)];
  if (row === undefined || element === undefined || sums.axes.length < 2 || element.size >= 16) return undefined;
  if (context.services.device.workgroup > 1 || stages.some(({ kind }) => kind !== "reduce")) return undefined;
  const [first] = stages as [Stage];
  const places = placesIn(placesAt(merged, merged.axes.map(indexOf)), sums.placesOf(sums.axes.map(indexOf)));
  let [largest, fits] = [0, false];
  accessesOf(elementsOf(first, places), nodeIn(first), (from, at) => {
    const size = sizeOf(from.type.shape);
    if (size <= largest) return;
    const address = addressOf(context.locate(from), at);
    largest = size;
    fits = coefficientOf(address, element) === 1 && coefficientOf(address, row) === element.size;
  });
  const least = 4 / gcd(element.size, 4);
  if (!fits || row.size % least !== 0) return undefined;
  const others = sizeOf(merged.axes.slice(0, -1).map(({ size }) => size));
  let rows = least;
  for (let more = least; more * element.size <= widest; more += least) {
    const points = (others * row.size) / more;
    if (row.size % more === 0 && (points >= fewestPoints || more * element.size <= line)) rows = more;
  }
  return { rows, inner: element.size };
};

/** The kernel of a region of reductions whose rows lie between each other; `undefined` for others. */
export const slabKernel = (region: Region, context: Context): Kernel | undefined => {
  const rows = rowsOf(region, context);
  const slab = slabOf(rows, context);
  if (slab === undefined || rows.roots.some(({ output }) => output.type.dtype === "f16")) return undefined;
  const { stages, members, roots, sums, merged, placesIn, nodeIn, elementsOf } = rows;
  const width = slab.rows * slab.inner;
  const vectors = width / 4;
  const last = merged.axes.at(-1) as IndexVariable;
  const outer = merged.axes.slice(0, -1);
  const slabs = indexVariable("slab", last.size / slab.rows);
  const lane = indexVariable("lane", 4);

  const emit = emitter();
  const buffers = bufferList();
  /** The places of a row of the slab. */
  const rowAt = (inSlab: Index): Index[] =>
    placesAt(merged, [...outer.map(indexOf), addIndices(scaleIndex(indexOf(slabs), slab.rows), inSlab)]);
  /** The lanes of a vector: rows, and innermost elements of them. */
  const lanesOf = (vector: number): Index => offsetIndex(indexOf(lane), 4 * vector);

  // What a row's reduction gave, once for each of its lanes.
  const spread = new Map<Variable, Buffer>();
  const results: Map<Variable, Value>[] = Array.from({ length: slab.rows }, () => new Map());
  for (const stage of stages) {
    if (stage.kind !== "reduce") continue;
    const combination = combinationOf(stage.root);
    const { output } = stage.root;
    const totals = Array.from({ length: vectors }, () => emit.variable("total", emptyValue(combination, 4)));
    const given = (vector: number): Map<Variable, Value> =>
      new Map([...spread].map(([variable, buffer]) => [variable, load(buffer, indexOf(4 * vector), 4)]));
    eachPlace(emit, sums.axes.slice(0, -1), (loops) => {
      totals.forEach((total, vector) => {
        const joint = lanesOf(vector);
        const places = placesIn(
          rowAt(quotient(joint, slab.inner)),
          sums.placesOf([...loops, remainder(joint, slab.inner)]),
        );
        const read = reader({
          emit,
          nodeOf: nodeIn(stage),
          locate: context.locate,
          use: buffers.use,
          lane,
          given: given(vector),
        });
        const [[atom, at]] = elementsOf(stage, places) as [ReturnType<typeof elementsOf>[number]];
        emit.assign(total, combineValues(combination, total, splat(read(atom, at))));
      });
    });
    const buffer = scratchBuffer("lanes", width, combination.scalar);
    totals.forEach((total, vector) => void emit.store(buffer, indexOf(4 * vector), total));
    for (let row = 0; row < slab.rows; row++) {
      let total = load(buffer, indexOf(row * slab.inner));
      for (let i = 1; i < slab.inner; i++)
        total = combineValues(combination, total, load(buffer, indexOf(row * slab.inner + i)));
      const named = emit.name(output.name ?? "total", total);
      (results[row] as Map<Variable, Value>).set(output, named);
      for (let i = 0; i < slab.inner; i++) emit.store(buffer, indexOf(row * slab.inner + i), named);
    }
    spread.set(output, buffer);
  }
  for (const [row, given] of results.entries()) {
    const place = rowAt(indexOf(row));
    const read = reader({ emit, nodeOf: nodeIn(undefined), locate: context.locate, use: buffers.use, given });
    for (const { variable, placesOf } of members) {
      const places = placesOf(place);
      const value = read(variable, places);
      const location = context.locate(variable);
      buffers.use(location.buffer);
      emit.store(location.buffer, addressOf(location, places), value);
    }
  }
  const count = sizeOf(region.domain);
  const [first] = roots;
  return {
    name: members.at(-1)?.variable.name ?? first?.output.name ?? "rows",
    buffers: buffers.list(),
    grid: [...outer, slabs].filter(({ size }) => size > 1),
    body: emit.statements,
    cost: { flops: stages.length * count * rows.elements, bytes: rows.bytes + 4 * count * members.length },
    notes: [
      ...context.notes(region),
      `${stages.length} results for each of ${count} rows, ${slab.rows} rows of ${slab.inner} neighbours at a time`,
    ],
  };
};

const eachPlace = (
  emit: Emitter,
  axes: readonly IndexVariable[],
  body: (loops: readonly Index[]) => void,
  loops: readonly Index[] = [],
): void => {
  const [axis, ...rest] = axes;
  if (axis === undefined) body(loops);
  else emit.loop(axis.name, axis.size, (index) => eachPlace(emit, rest, body, [...loops, index]));
};
