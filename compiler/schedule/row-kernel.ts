/**
 * The kernel of a region of several stages: for each row reductions of its elements, and maps of them, each of which may use
 * those before it. Softmax is one (maximum, powers, sum, quotients), mean and variance are one.
 *
 * A map of elements that a later stage reads is kept for the row: in memory of the thread where a row is read along its
 * elements, else where it lies.
 */

import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Constant, Variable } from "../ir/program.ts";
import { type Emitter, emitter } from "../kernel/emit.ts";
import {
  addIndices,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import { type Buffer, type Kernel, scratchBuffer, type Value } from "../kernel/kernel.ts";
import { splat } from "../kernel/values.ts";
import { accessesOf } from "./accesses.ts";
import { accumulate } from "./accumulate.ts";
import { bufferList, type Context } from "./context.ts";
import { placesAt, tile } from "./domain.ts";
import { accumulateByThreads, elementsByThreads, inFirstThread, rowThreads } from "./gpu-rows.ts";
import { addressOf, type Location, storageOf } from "./location.ts";
import { reader } from "./reader.ts";
import type { Member, Region, Stage } from "./region.ts";
import { roundToHalf } from "./round-half.ts";
import { combinationOf, rowsOf } from "./rows.ts";
import { storeLanes } from "./store.ts";

export const rowKernel = (region: Region, context: Context): Kernel => {
  const { services } = context;
  const { stages, members, spreadMembers, elements, placesIn, nodeIn, elementsOf, sums, merged, bytes } = rowsOf(
    region,
    context,
  );
  const row = region.domain.map((size, axis) => indexOf(indexVariable(`i${axis}`, size)));
  const alongSums = sums.isContiguous;
  const lastRow = merged.axes.at(-1);

  // What later stages read of earlier ones, and nobody else does, is kept in scratch: one place for each element of a row.
  const readLater = new Set<Variable>();
  stages.forEach((stage, i) => {
    accessesOf(elementsOf(stage, placesIn(row, sums.placesOf(sums.axes.map(indexOf)))), nodeIn(stage), (from) => {
      const isEarlier = stages
        .slice(0, i)
        .some((other) => other.kind === "spread" && other.members.some(({ variable }) => variable === from));
      if (isEarlier) readLater.add(from as Variable);
    });
  });
  const rows = sizeOf(region.domain);
  const threads = rowThreads(services.device, rows, elements);
  const threaded = threads && elementsByThreads(threads, sums.axes, alongSums, undefined);
  const keptEach = threaded === undefined ? elements : threaded.turns * threaded.width;
  const scratch = new Map<Variable, Buffer>();
  for (const { variable } of spreadMembers)
    if (readLater.has(variable) && !region.spread.has(variable))
      scratch.set(variable, scratchBuffer(variable.name ?? "kept", keptEach, storageOf(variable.type.dtype)));
  const alongRows = !alongSums && scratch.size === 0 && lastRow !== undefined && lastRow.size % 4 === 0;

  const emit = emitter();
  const buffers = bufferList();
  const use = (buffer: Buffer): void => {
    if (buffer.space === "global") buffers.use(buffer);
  };
  const perPoint = threads === undefined ? Math.ceil(services.device.elements / elements) : 1;
  const tiling = tile(merged.axes, Math.max(perPoint, alongRows ? 4 : 1), alongRows);
  tiling.loops(emit, (at, lane) => {
    const place = placesAt(merged, at);
    const given = new Map<Variable, Value>();
    /** Scratch holds the elements of a row in the order of the loops; that of a thread, its own. */
    const locateAt =
      (kept: Index) =>
      (from: Variable | Constant): Location => {
        const buffer = from.kind === "variable" ? scratch.get(from) : undefined;
        if (buffer === undefined) return context.locate(from);
        return { buffer, strides: from.type.shape.map(() => 0), offset: kept };
      };
    const readAt = (stage: Stage, kept: Index, own: IndexVariable | undefined) =>
      reader({ emit, nodeOf: nodeIn(stage), locate: locateAt(kept), use, lane: own, given });
    const total = (stage: Stage & { readonly kind: "reduce" }): Value => {
      const combination = combinationOf(stage.root);
      const element = (loops: readonly Index[], own: IndexVariable | undefined, kept: Index): Value =>
        readAt(stage, kept, own)(stage.root.operands[0] as Atom, placesIn(place, sums.placesOf(loops)));
      return threads === undefined
        ? accumulate(emit, combination, sums.axes, alongSums, lane, (loops, own) =>
            element(loops, own, placeInRow(sums.axes, loops)),
          )
        : accumulateByThreads(emit, threads, combination, sums.axes, alongSums, lane, element);
    };
    const each = (body: (loops: readonly Index[], own: IndexVariable | undefined, kept: Index) => void): void => {
      if (threads === undefined)
        eachElement(emit, sums.axes, alongSums, lane, (loops, own) => body(loops, own, placeInRow(sums.axes, loops)));
      else elementsByThreads(threads, sums.axes, alongSums, lane).each(emit, body);
    };

    for (const stage of stages) {
      if (stage.kind === "reduce") {
        const { output } = stage.root;
        const combined = total(stage);
        given.set(
          output,
          output.type.dtype === "f16" ? roundToHalf(emit, combined) : emit.name(output.name ?? "total", combined),
        );
      } else
        each((loops, own, ownPlace) => {
          const read = readAt(stage, ownPlace, own);
          const places = placesIn(place, sums.placesOf(loops));
          for (const { variable, placesOf } of stage.members) {
            const kept = scratch.get(variable);
            if (kept === undefined && !region.spread.has(variable)) continue;
            const value = read(variable, placesOf(places));
            const { buffer, strides, offset } = locateAt(ownPlace)(variable);
            use(buffer);
            const address = addressOf({ buffer, strides, offset }, placesOf(places));
            storeLanes(emit, buffer, address, own === undefined ? value : splat(value), own);
          }
        });
    }
    const read = reader({ emit, nodeOf: nodeIn(undefined), locate: context.locate, use, lane, given });
    const store = ({ variable, placesOf }: Member): void => {
      const places = placesOf(place);
      const value = read(variable, places);
      const location = context.locate(variable);
      use(location.buffer);
      storeLanes(emit, location.buffer, addressOf(location, places), lane === undefined ? value : splat(value), lane);
    };
    if (members.length > 0) inFirstThread(emit, threads, () => members.forEach(store));
  });
  const names = [...members, ...spreadMembers].map(({ variable }) => variable.name).filter(Boolean);
  return {
    name: names.at(-1) ?? "rows",
    buffers: buffers.list(),
    grid: tiling.grid,
    ...(threads && { threads: threads.variable }),
    body: emit.statements,
    cost: { flops: stages.length * rows * elements, bytes: bytes + 4 * rows * elements * region.spread.size },
    notes: [...context.notes(region), `goes ${stages.length} times over each of ${rows} rows of ${elements} elements`],
  };
};

/** Where an element stands among those of its row, in the order of the loops. */
const placeInRow = (axes: readonly IndexVariable[], loops: readonly Index[]): Index => {
  let step = 1;
  let place = indexOf(0);
  for (let i = axes.length - 1; i >= 0; i--) {
    place = addIndices(place, scaleIndex(loops[i] as Index, step));
    step *= (axes[i] as IndexVariable).size;
  }
  return place;
};

/** Loops over the elements of a row, four at a time where they lie side by side. */
const eachElement = (
  emit: Emitter,
  axes: readonly IndexVariable[],
  alongSums: boolean,
  lane: IndexVariable | undefined,
  body: (loops: readonly Index[], lane: IndexVariable | undefined) => void,
): void => {
  const nest = (depth: number, loops: readonly Index[]): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      body(loops, lane);
      return;
    }
    if (!alongSums || depth < axes.length - 1) {
      emit.loop(axis.name, axis.size, (index) => nest(depth + 1, [...loops, index]));
      return;
    }
    const sumLane = indexVariable("lane", 4);
    const vectors = Math.floor(axis.size / 4);
    emit.loop(axis.name, vectors, (index) =>
      body([...loops, addIndices(scaleIndex(index, 4), indexOf(sumLane))], sumLane),
    );
    emit.loop(axis.name, axis.size - vectors * 4, (index) =>
      body([...loops, offsetIndex(index, vectors * 4)], undefined),
    );
  };
  nest(0, []);
};
