/**
 * Products of matrices on a graphics processor: a workgroup computes a tile of the result, and its threads share what they
 * read of both operands through workgroup memory.
 *
 *   grid(batch …, part, tiles of columns / strip, tiles of rows, tiles in the strip) threads {
 *     var sums …;  first round to registers
 *     loop round {
 *       barrier;  registers to workgroup memory;  barrier
 *       next round to registers
 *       loop step { vectors of a and b from workgroup memory;  sums += a · b }
 *     }
 *     finish, or to partial sums
 *   }
 *
 * What is read of global memory for the next round is under way while the products of this round are computed. Where the sum
 * has several terms, their rounds follow one another, and a round reads the operands of its term.
 */

import { type Emitter, emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  assuming,
  boundsOf,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
} from "../kernel/index-expression.ts";
import type { Condition, Kernel, Local, Value } from "../kernel/kernel.ts";
import { constantValue, laneOf, load, operation, splat, typeOf } from "../kernel/values.ts";
import type { Contraction, ScheduleServices } from "./contraction.ts";
import { mergeBuffers } from "./contraction-finish.ts";
import { bytesOf, flopsOf, sizeOf } from "./contraction-form.ts";
import { finishColumns } from "./gpu-finish.ts";
import { asContractionForm, buffersOf, type GpuForm, gpuForm, stepsOf } from "./gpu-form.ts";
import { withEvenOperands } from "./gpu-pack.ts";
import { type BlockMover, type Stage, type StagedTerm, stageOf } from "./gpu-stage.ts";
import { type GpuCut, gpuCut, roundsOf, threadsOf } from "./gpu-tiles.ts";
import { scheduleGpuVector } from "./gpu-vector.ts";
import { partialSums } from "./partial-sums.ts";

const zeros = constantValue(0, typeOf("f32", 4));
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Moves both operands through registers. */
interface Mover {
  readonly load: (term: number, round: Index) => void;
  readonly store: () => void;
}

const registers = (emit: Emitter, name: string): Local[] => range(4).map((i) => emit.variable(`${name}${i}`, zeros));

/** Each thread moves as many blocks of an operand as it takes. */
const moverOf = (emit: Emitter, name: string, stage: Stage, thread: Index, threads: number): Mover => {
  const passes = range(Math.ceil(stage.blocks / threads)).map((pass) => {
    const number = offsetIndex(thread, pass * threads);
    const isWhole = (pass + 1) * threads <= stage.blocks;
    const conditions = isWhole ? [] : [within(number, 0, stage.blocks)];
    // A thread without a block takes the place of another as far as addresses are concerned.
    const block = stage.block(emit, isWhole ? number : remainder(number, stage.blocks));
    return { block, conditions, own: registers(emit, name) };
  });
  const each = (move: (block: BlockMover, own: readonly Local[]) => void): void => {
    for (const { block, conditions, own } of passes) whenAll(emit, conditions, () => move(block, own));
  };
  return {
    load: (term, round) => each((block, own) => block.load(emit, own, term, round)),
    store: () => each((block, own) => block.store(emit, own)),
  };
};

const whenAll = (emit: Emitter, conditions: readonly Condition[], body: () => void): void => {
  if (conditions.length === 0) body();
  else emit.when(conditions, body);
};

/** One half of the threads moves blocks of `a`, the other those of `b`. */
const halvedMover = (emit: Emitter, a: Stage, b: Stage, thread: Index): Mover => {
  const number = remainder(thread, a.blocks);
  const [left, right] = [a.block(emit, number), b.block(emit, number)];
  const own = registers(emit, "next");
  const half = [within(thread, 0, a.blocks)];
  return {
    load: (term, round) =>
      emit.when(
        half,
        () => left.load(emit, own, term, round),
        () => right.load(emit, own, term, round),
      ),
    store: () =>
      emit.when(
        half,
        () => left.store(emit, own),
        () => right.store(emit, own),
      ),
  };
};

/** Calls `body` with the term that a round is of, and which of the term's rounds it is. */
const inTerm = (
  emit: Emitter,
  rounds: readonly number[],
  round: Index,
  body: (term: number, round: Index) => void,
): void => {
  const visit = (term: number, start: number): void => {
    const end = start + (rounds[term] as number);
    const [least, most] = boundsOf(round);
    const own = (): void => body(term, offsetIndex(round, -start));
    if (term === rounds.length - 1 || most < end) own();
    else if (least >= end) visit(term + 1, end);
    else
      emit.when(
        [within(round, start, end)],
        () => assuming([{ index: round, low: start, high: end }], own),
        () => assuming([{ index: round, low: end, high: most + 1 }], () => visit(term + 1, end)),
      );
  };
  visit(0, 0);
};

/** The products of one round, for the rows and columns of a thread: quads `first + i · every`. */
const emitProducts = (
  emit: Emitter,
  { tile }: GpuCut,
  sums: readonly (readonly Local[])[],
  a: { readonly stage: Stage; readonly quads: readonly Index[] },
  b: { readonly stage: Stage; readonly quads: readonly Index[] },
): void =>
  emit.loop("step", tile.steps / 4, (steps) => {
    for (const step of range(4)) {
      const read = ({ stage, quads }: typeof a, name: string): Value[] =>
        quads.map((quad) => emit.name(name, load(stage.memory, stage.place(quad, steps, step), 4)));
      const [rows, columns] = [read(a, "a"), read(b, "b")];
      for (const [i, own] of sums.entries()) {
        const row = laneOf(rows[i >> 2] as Value, (i & 3) as 0 | 1 | 2 | 3);
        for (const [j, sum] of own.entries()) emit.assign(sum, operation("fma", splat(row), columns[j] as Value, sum));
      }
    }
  });

/** Tiles of columns that neighbouring workgroups share, so that what they read of both operands stays in the cache. */
const stripOf = (columnTiles: number): number => [8, 6, 4].find((strip) => columnTiles % strip === 0) ?? columnTiles;

/** The kernels of a contraction that is cut in some way. */
export const gpuTileKernels = (form: GpuForm, cut: GpuCut, services: ScheduleServices): readonly Kernel[] => {
  const { contraction, batch, rows, columns, terms } = form;
  const { tile, rowTiles, columnTiles, rounds, roundsEach, parts } = cut;
  const threads = indexVariable("thread", threadsOf(tile));
  const thread = indexOf(threads);
  const part = indexVariable("part", parts);
  const rowTile = indexVariable("row_tile", rowTiles);
  const strip = stripOf(columnTiles);
  const [columnStrip, inStrip] = [indexVariable("strip", columnTiles / strip), indexVariable("column_tile", strip)];
  const columnTile = addIndices(scaleIndex(indexOf(columnStrip), strip), indexOf(inStrip));
  const stage = (operand: "a" | "b", axes: readonly IndexVariable[], at: Index, size: number): Stage => {
    const staged = terms.map((term): StagedTerm => ({ operand: term[operand], sums: term.sums }));
    const name = `${staged[0]?.operand.buffer.name}_tile`;
    return stageOf({ name, terms: staged, axes, tile: at, size, steps: tile.steps });
  };
  const a = stage("a", rows, indexOf(rowTile), tile.rows);
  const b = stage("b", columns, columnTile, tile.columns);

  const emit = emitter();
  const wide = tile.columns / tile.each[1];
  const high = tile.rows / tile.each[0];
  const rowQuads = range(tile.each[0] / 4).map((i) => offsetIndex(quotient(thread, wide), i * high));
  const columnQuads = range(tile.each[1] / 4).map((j) => offsetIndex(remainder(thread, wide), j * wide));
  const isHalved = a.blocks === b.blocks && a.blocks + b.blocks === threads.size;
  const movers = isHalved
    ? [halvedMover(emit, a, b, thread)]
    : [moverOf(emit, "next_a", a, thread, threads.size), moverOf(emit, "next_b", b, thread, threads.size)];
  const totals = range(tile.each[0]).map((i) => columnQuads.map((_, j) => emit.variable(`sum${i}_${j}`, zeros)));

  const firstRound = scaleIndex(indexOf(part), roundsEach);
  const isEven = rounds === parts * roundsEach;
  const termRounds = roundsOf(tile, stepsOf(form));
  const loadRound = (at: Index): void =>
    inTerm(emit, termRounds, at, (term, round) => {
      for (const mover of movers) mover.load(term, round);
    });
  loadRound(firstRound);
  emit.loop(
    "round",
    roundsEach,
    (round) => {
      emit.barrier();
      for (const mover of movers) mover.store();
      emit.barrier();
      const next = offsetIndex(addIndices(firstRound, round), 1);
      const isNext = [within(offsetIndex(round, 1), 0, roundsEach), ...(isEven ? [] : [within(next, 0, rounds)])];
      if (roundsEach > 1) emit.when(isNext, () => loadRound(next));
      emitProducts(emit, cut, totals, { stage: a, quads: rowQuads }, { stage: b, quads: columnQuads });
    },
    isEven ? undefined : offsetIndex(scaleIndex(firstRound, -1), rounds),
  );

  const partials = parts === 1 ? undefined : partialSums(asContractionForm(form), parts, services);
  const isRagged = {
    rows: sizeOf(rows) % tile.rows !== 0,
    columns: sizeOf(columns) % tile.columns !== 0,
  };
  for (const [i, own] of totals.entries())
    for (const [j, sum] of own.entries()) {
      const row = addIndices(scaleIndex(indexOf(rowTile), tile.rows), quadPlace(rowQuads[i >> 2] as Index, i & 3));
      const column = addIndices(scaleIndex(columnTile, tile.columns), quadPlace(columnQuads[j] as Index, 0));
      finishColumns(
        emit,
        form,
        sum,
        { row, column },
        isRagged,
        partials && ((inner, value, places) => partials.store(inner, indexOf(part), places, value)),
      );
    }
  const text = [
    `${tile.rows} × ${tile.columns} tiles of ${threads.size} threads`,
    `${rowTiles} × ${columnTiles} of them`,
    ...(terms.length > 1 ? [`the sum of ${terms.length} tensors`] : []),
    ...(parts > 1 ? [`the sum in ${parts} parts`] : []),
  ].join(", ");
  services.log(`${contraction.name}: ${text}`);
  const main: Kernel = {
    name: contraction.name,
    buffers: mergeBuffers(buffersOf(form), partials ? [partials.buffer] : contraction.buffers),
    grid: [...batch, part, columnStrip, rowTile, inStrip].filter(({ size }) => size !== 1),
    threads,
    body: emit.statements,
    cost: { flops: flopsOf(contraction), bytes: bytesOf(contraction) },
    notes: [...contraction.notes, text],
  };
  return partials === undefined ? [main] : [main, partials.kernel];
};

const quadPlace = (quad: Index, lane: number): Index => offsetIndex(scaleIndex(quad, 4), lane);

/** Below this, tiles are mostly empty, and a thread for each result is as good. */
const leastSide = 4;
const leastSum = 64;

/** The contraction by tiles in workgroup memory, where the device has it. */
export const scheduleGpuContraction = (
  contraction: Contraction,
  services: ScheduleServices,
): readonly Kernel[] | undefined => {
  if (services.device.workgroup === 1) return undefined;
  const form = gpuForm(contraction);
  const size = {
    batch: sizeOf(form.batch),
    rows: sizeOf(form.rows),
    columns: sizeOf(form.columns),
    steps: stepsOf(form),
  };
  const sum = size.steps.reduce((all, own) => all + own, 0);
  if (Math.min(size.rows, size.columns) < leastSide && sum < leastSum) return undefined;
  const even = withEvenOperands(form, services);
  const vector = scheduleGpuVector(even, services);
  if (vector !== undefined) return vector;
  const cut = form.columns.length === 0 ? undefined : gpuCut(size, services.device);
  return cut && gpuTileKernels(even, cut, services);
};
