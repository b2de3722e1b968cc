/**
 * The register tile: a few rows by a few vectors of columns are summed in registers, with one splat of `a` for each row and
 * one vector of `b` for each four columns a step. Grid points are blocks of such tiles that share what is in the cache.
 *
 *   grid(batch …, part, block of rows, block of columns) {
 *     loop block of the sum { [copies to scratch] loop panel { loop tile of rows {
 *       var sums = 0;  for each term: loops over the sum { sums += a · b }
 *       first block … : to scratch;  last block: finish, or to partial sums
 *     }}}
 *   }
 */

import { type Emitter, emitter, within } from "../kernel/emit.ts";
import {
  flattenIndex,
  type Index,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import { type Buffer, type Kernel, type Lanes, type Local, scratchBuffer, type Value } from "../kernel/kernel.ts";
import { load, operation } from "../kernel/values.ts";
import type { Contraction, ScheduleServices } from "./contraction.ts";
import { type Blocks, blocksOf } from "./contraction-blocks.ts";
import { finishLanes, mergeBuffers } from "./contraction-finish.ts";
import {
  type AxisPlaces,
  bestForm,
  bytesOf,
  type ContractionForm,
  flopsOf,
  formTerms,
  placeAt,
} from "./contraction-form.ts";
import { type VectorOperand, vectorOperand } from "./contraction-pack.ts";
import { type Stage, stageOf } from "./contraction-stage.ts";
import { type PanelAt, panelLoop, type RowsAt, rowsLoop } from "./contraction-walk.ts";
import { type PartialSums, partialSums } from "./partial-sums.ts";
import { emitTileQuads, emitTileSums } from "./register-tile.ts";
import { blockCount, blockSteps, emitSumLoops, emitSumTurns, partCount, type SumLevels } from "./sum-levels.ts";

/** One term of the sum. */
interface TileTerm {
  readonly form: ContractionForm;
  readonly sums: SumLevels;
  readonly b: VectorOperand;
}

/** What stays in registers from its first step to its last: one block of each of its terms. */
interface Turn {
  readonly terms: readonly TileTerm[];
  /** How many blocks there are, one after another. */
  readonly blocks: number;
}

interface TileKernel {
  readonly form: ContractionForm;
  readonly blocks: Blocks;
  readonly turns: readonly Turn[];
  readonly stage: Stage | undefined;
  readonly part: Index;
  /** Where sums lie between blocks of the sum. */
  readonly scratch: Buffer | undefined;
  readonly partials: PartialSums | undefined;
}

/** Terms that have one block each follow one another in registers. */
const turnsOf = (terms: readonly TileTerm[]): readonly Turn[] =>
  terms.every(({ sums }) => blockCount(sums) === 1)
    ? [{ terms, blocks: 1 }]
    : terms.map((term) => ({ terms: [term], blocks: blockCount(term.sums) }));

interface TermStep {
  readonly term: TileTerm;
  readonly places: AxisPlaces;
}

/** The products of one tile over one block of the sum. */
const emitSums = (
  emit: Emitter,
  { blocks, part, stage }: TileKernel,
  { terms }: Turn,
  panel: PanelAt,
  tile: RowsAt,
  block: Index,
): readonly (readonly Local[])[] => {
  const size = { rows: tile.rows.length, vectors: panel.vectors.length };
  if (stage !== undefined)
    return emitTileSums<Index>(emit, {
      ...size,
      loops: (body) => emit.loop("k", blockSteps((terms[0] as TileTerm).sums), body),
      row: (i, step) => stage.row(tile, step, i),
      vector: (j, step) => stage.vector(panel, step, j),
    });
  const row =
    (lanes: Lanes) =>
    (i: number, { term: { form }, places }: TermStep): Value =>
      load(form.a.buffer, placeAt(form.a, tile.rows[i] as AxisPlaces, places), lanes);
  const vector = (j: number, { term: { b }, places }: TermStep): Value => {
    const own = (panel.vectors[j] as PanelAt["vectors"][number]).places;
    return load(b.buffer, b.place(new Map([...own, ...places])), 4);
  };
  if (blocks.quads)
    return emitTileQuads<TermStep>(emit, {
      ...size,
      loops: (body) => {
        for (const term of terms)
          emitSumTurns(emit, term.sums, part, block, 4, (steps) => {
            const own = steps.map((places): TermStep => ({ term, places }));
            body(own as [TermStep, TermStep, TermStep, TermStep]);
          });
      },
      row: row(4),
      vector,
    });
  return emitTileSums<TermStep>(emit, {
    ...size,
    loops: (body) => {
      for (const term of terms) emitSumLoops(emit, term.sums, part, block, (places) => body({ term, places }));
    },
    row: row(1),
    vector,
  });
};

/** One tile in one block of the sum. */
const emitTile = (emit: Emitter, kernel: TileKernel, turn: Turn, panel: PanelAt, tile: RowsAt, block: Index): void => {
  const { form, blocks, part, scratch, partials, turns } = kernel;
  const sums = emitSums(emit, kernel, turn, panel, tile, block);
  const each = (visit: (sum: Local, i: number, j: number) => void): void => {
    for (const [i, row] of sums.entries()) for (const [j, sum] of row.entries()) visit(sum, i, j);
  };
  const finish = (): void =>
    each((sum, i, j) => {
      const { places, lanes } = panel.vectors[j] as PanelAt["vectors"][number];
      const all = new Map([...(tile.rows[i] as AxisPlaces), ...places]);
      if (partials === undefined) finishLanes(emit, form, sum, all, lanes);
      else partials.store(emit, part, all, sum);
    });
  if (scratch === undefined) {
    finish();
    return;
  }
  const first = scaleIndex(
    flattenIndex([panel.inBlock, tile.inBlock], [blocks.panelsEach, blocks.rowTilesEach]),
    blocks.tile.rows * 4 * blocks.tile.vectors,
  );
  const place = (i: number, j: number): Index => offsetIndex(first, 4 * (i * panel.vectors.length + j));
  const last = turn.blocks - 1;
  // Blocks are summed on their own first: the error of a long sum grows with its length.
  const resume = (): void =>
    each((sum, i, j) => emit.assign(sum, operation("add", sum, load(scratch, place(i, j), 4))));
  const pause = (): void => each((sum, i, j) => emit.store(scratch, place(i, j), sum));
  if (turn !== turns[0]) resume();
  else if (last > 0) emit.when([within(block, 1, last + 1)], resume);
  if (turn !== turns.at(-1)) pause();
  else if (last > 0) emit.when([within(block, last, last + 1)], finish, pause);
  else finish();
};

/** The contraction by register tiles: fits all that have an axis for lanes. */
export const scheduleTile = (contraction: Contraction, services: ScheduleServices): readonly Kernel[] | undefined => {
  const form = bestForm(contraction, services)?.form;
  if (form === undefined) return undefined;
  const blocks = blocksOf(form, services.device);
  const { tile, rowTiles, rowTilesEach, panels, panelsEach } = blocks;
  const width = 4 * tile.vectors;
  const parts = partCount(blocks.sums[0] as SumLevels);
  const part = indexVariable("part", parts);
  const rowBlock = indexVariable("rows", Math.ceil(rowTiles / rowTilesEach));
  const panelBlock = indexVariable("columns", Math.ceil(panels / panelsEach));
  const packedWidth = services.device.interpreted ? Math.ceil(form.lane.size / 4) * 4 : width;
  const terms = formTerms(form).map(
    (own, i): TileTerm => ({
      form: own,
      sums: blocks.sums[i] as SumLevels,
      b: vectorOperand(own, services, packedWidth),
    }),
  );
  const turns = turnsOf(terms);
  const blocksInAll = turns.reduce((sum, turn) => sum + turn.blocks, 0);
  const partials = parts === 1 ? undefined : partialSums(form, parts, services);
  const scratch: Buffer | undefined =
    blocksInAll === 1 ? undefined : scratchBuffer("sums", rowTilesEach * panelsEach * tile.rows * width);
  const emit = emitter();
  const { b } = terms[0] as TileTerm;
  const stage = blocks.staged ? stageOf(form, blocks, b) : undefined;
  const kernel: TileKernel = { form, blocks, turns, stage, part: indexOf(part), scratch, partials };
  for (const turn of turns)
    emit.loop("block", turn.blocks, (block) => {
      stage?.fill(emit, indexOf(part), block, indexOf(rowBlock), indexOf(panelBlock));
      panelLoop(emit, form, blocks, indexOf(panelBlock), (panel) =>
        rowsLoop(emit, form, blocks, indexOf(rowBlock), (rows) => emitTile(emit, kernel, turn, panel, rows, block)),
      );
    });
  const order = blocks.rowsSlowest ? [rowBlock, panelBlock] : [panelBlock, rowBlock];
  const text = [
    `${tile.rows} × ${width} results at a time, ${rowTilesEach} × ${panelsEach} times in each part of the work`,
    ...(parts > 1 ? [`the sum in ${parts} parts`] : []),
    ...(terms.length > 1 ? [`the sum of ${terms.length} tensors`] : []),
    ...(blocksInAll > 1 ? [`in ${blocksInAll} blocks`] : []),
    blocks.staged
      ? `first copies what it reads of ${b.buffer.name} to memory of the thread's own`
      : `reads ${b.buffer.name}${form.reading === "packed" ? "" : " where it stands"}`,
  ].join(", ");
  services.log(`${contraction.name}: ${text}`);
  const operands = terms.flatMap((term) => [term.form.a.buffer, term.b.buffer]);
  const main: Kernel = {
    name: contraction.name,
    buffers: mergeBuffers(operands, partials === undefined ? contraction.buffers : [partials.buffer]),
    grid: [...form.batch, part, ...order].filter(({ size }) => size !== 1),
    body: emit.statements,
    cost: { flops: flopsOf(contraction), bytes: bytesOf(contraction) },
    notes: [...contraction.notes, text],
  };
  return partials === undefined ? [main] : [main, partials.kernel];
};
