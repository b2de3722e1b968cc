/**
 * The kernel of attention: queries a block at a time, and for each the keys a block at a time, so that scores stay in the
 * cache of one thread and are never stored.
 *
 *   grid(batch …, block of queries) {
 *     loop block of keys {
 *       scores = q · k                              by register tiles, to scratch
 *       loop query { m' = max(m, scores);  f = exp(m − m');  scores = exp(scores − m');  t = f · t + Σ scores }
 *       sums = f · sums + scores · v                by register tiles, in scratch
 *     }
 *     finish sums / t
 *   }
 *
 * The maximum and the sum of what has been seen so far are corrected as keys go by: online softmax (Milakov & Gimelshein,
 * arXiv 1805.02867), in blocks as in FlashAttention (Dao et al., arXiv 2205.14135).
 */

import { add } from "../../dsl/scalar/arithmetic.ts";
import { exp } from "../../dsl/scalar/exponential.ts";
import { input } from "../../dsl/scalar/expression.ts";
import { max } from "../../dsl/scalar/extremes.ts";
import { type Emitter, emitExpression, emitter } from "../kernel/emit.ts";
import {
  addIndices,
  flattenIndex,
  type Index,
  indexOf,
  indexVariable,
  offsetIndex,
  scaleIndex,
} from "../kernel/index-expression.ts";
import { type Buffer, type Kernel, type Local, scratchBuffer, type Value } from "../kernel/kernel.ts";
import { constantValue, laneOf, load, operation, splat, typeOf } from "../kernel/values.ts";
import { accumulate, type Combination } from "./accumulate.ts";
import { type AttentionForms, attentionForms } from "./attention-forms.ts";
import type { Context } from "./context.ts";
import { finishLanes, mergeBuffers } from "./contraction-finish.ts";
import { type AxisPlaces, bytesOf, flopsOf, placeAt, sizeOf } from "./contraction-form.ts";
import { type VectorOperand, vectorOperand } from "./contraction-pack.ts";
import { type PanelAt, panelLoop, type RowsAt, rowsLoop } from "./contraction-walk.ts";
import type { Node } from "./graph.ts";
import { loadLanes } from "./reader.ts";
import type { Region } from "./region.ts";
import { emitTileSums } from "./register-tile.ts";
import { storeLanes } from "./store.ts";
import { emitSumLoops, runsOf, type SumLevels, sumLevels } from "./sum-levels.ts";

/** Results in registers: of 4 × 8 at a time. */
const tile = { rows: 4, vectors: 2 } as const;
const width = 4 * tile.vectors;
/**
 * Tiles of queries, and keys, in a block. With 64 channels, 32 queries and 64 keys need 24 KiB of scratch. From 8 × 32 to
 * 128 × 128 the time of a call is the same within 2 %.
 */
const [mostTiles, keysEach] = [8, 64];
/** What nothing seen has as its maximum: a number, so that exp(m − m') is one, and below all scores but −∞. */
const lowest = -3.4028234663852886e38;

const scalar = (value: number): Value => constantValue(value, typeOf("f32"));
const ofMaximum: Combination = { combine: max.record, start: lowest, scalar: "f32" };
const ofSum: Combination = { combine: add.record, start: 0, scalar: "f32" };
/** exp(value − most) */
const power = (emit: Emitter, value: Value, most: Value): Value =>
  emitExpression(emit, exp.of(input(0)), [operation("sub", value, most)]);

/** Of one block of queries; rows of scores and sums are those of queries. */
interface Kept {
  readonly scores: Buffer;
  readonly sums: Buffer;
  readonly most: Buffer;
  readonly total: Buffer;
  /** exp(m − m') of the last block of keys. */
  readonly factor: Buffer;
}

interface Work {
  readonly emit: Emitter;
  readonly forms: AttentionForms;
  readonly key: VectorOperand;
  readonly value: VectorOperand;
  readonly kept: Kept;
  /** Which queries, and how many there may be. */
  readonly block: Index;
  readonly queries: number;
  readonly each: (body: (query: Index) => void) => void;
  readonly scoreSums: SumLevels;
  /** Panels of columns of the values. */
  readonly panels: number;
}

/** Keys of one block. */
interface KeyBlock {
  readonly number: Index;
  readonly size: number;
}

const blocksOf = ({ queries, forms: { rows } }: Work, panels: number, panelsEach: number) => ({
  tile,
  rowTiles: Math.ceil(sizeOf(rows) / tile.rows),
  rowTilesEach: queries / tile.rows,
  panels,
  panelsEach,
});

const queryOf = ({ inBlock }: RowsAt, row: number): Index => offsetIndex(scaleIndex(inBlock, tile.rows), row);

/** Runs `body` for each tile of queries and panel of columns of the values. */
const eachTile = (work: Work, body: (panel: PanelAt, rows: RowsAt, place: Place) => void): void => {
  const { emit, forms, block, panels } = work;
  const blocks = blocksOf(work, panels, panels);
  panelLoop(emit, forms.averages, blocks, indexOf(0), (panel) =>
    rowsLoop(emit, forms.averages, blocks, block, (rows) =>
      body(panel, rows, (row, vector) =>
        offsetIndex(
          flattenIndex([queryOf(rows, row), panel.inBlock, indexOf(0)], [work.queries, panels, width]),
          4 * vector,
        ),
      ),
    ),
  );
};

/** The place of sums of a row of the tile. */
type Place = (row: number, vector: number) => Index;

const emitScores = (work: Work, keys: KeyBlock): void => {
  const { emit, forms, key, kept, block, scoreSums } = work;
  const { a: query } = forms.scores;
  const panelsEach = keysEach / width;
  const first = scaleIndex(keys.number, panelsEach);
  // Whole blocks are all within the panels of the whole ones; the last has as many as are left.
  const whole = Math.floor(forms.keys.size / keysEach) * panelsEach;
  const panels = keys.size === keysEach ? whole : first.constant + Math.ceil(keys.size / width);
  const blocks = blocksOf(work, panels, panelsEach);
  panelLoop(emit, forms.scores, blocks, keys.number, (panel) =>
    rowsLoop(emit, forms.scores, blocks, block, (tileRows) => {
      const scores = emitTileSums<AxisPlaces>(emit, {
        rows: tileRows.rows.length,
        vectors: panel.vectors.length,
        loops: (body) => emitSumLoops(emit, scoreSums, indexOf(0), indexOf(0), body),
        row: (i, places) => load(query.buffer, placeAt(query, tileRows.rows[i] as AxisPlaces, places)),
        vector: (j, places) => load(key.buffer, key.place(new Map([...placesOf(panel, j), ...places])), 4),
      });
      eachSum(scores, (score, i, j) => {
        const row = scaleIndex(queryOf(tileRows, i), keysEach);
        const place = addIndices(row, offsetIndex(scaleIndex(panel.inBlock, width), 4 * j));
        const { lanes, places } = panel.vectors[j] as PanelAt["vectors"][number];
        const at: AxisPlaces = new Map([...(tileRows.rows[i] as AxisPlaces), ...places]);
        if (lanes === 4) {
          emit.store(kept.scores, place, splat(forms.score(emit, score, at)));
          return;
        }
        for (const lane of ([0, 1, 2] as const).slice(0, lanes)) {
          const own = new Map([...at, [forms.keys, offsetIndex(at.get(forms.keys) as Index, lane)]]);
          emit.store(kept.scores, offsetIndex(place, lane), forms.score(emit, laneOf(score, lane), own));
        }
      });
    }),
  );
};

const placesOf = ({ vectors }: PanelAt, vector: number): AxisPlaces =>
  (vectors[vector] as PanelAt["vectors"][number]).places;

const eachSum = (
  sums: readonly (readonly Local[])[],
  visit: (sum: Local, row: number, vector: number) => void,
): void => {
  for (const [i, row] of sums.entries()) for (const [j, sum] of row.entries()) visit(sum, i, j);
};

/** Scores become weights, in powers of what is the maximum by now. */
const emitWeights = ({ emit, kept, each }: Work, { size }: KeyBlock): void =>
  each((query) => {
    const column = indexVariable("key", size);
    const score = (place: Index): Index => addIndices(scaleIndex(query, keysEach), place);
    const seen = accumulate(emit, ofMaximum, [column], true, undefined, ([place], lane) =>
      loadLanes(kept.scores, score(place as Index), lane),
    );
    const before = emit.name("before", load(kept.most, query));
    const most = emit.name("most", operation("max", before, seen));
    const factor = emit.name("factor", power(emit, before, most));
    emit.store(kept.most, query, most);
    emit.store(kept.factor, query, factor);
    const sum = accumulate(emit, ofSum, [column], true, undefined, ([place], lane) => {
      const own = score(place as Index);
      const weight = emit.name("weight", power(emit, loadLanes(kept.scores, own, lane), most));
      storeLanes(emit, kept.scores, own, weight, lane);
      return weight;
    });
    emit.store(kept.total, query, operation("fma", load(kept.total, query), factor, sum));
  });

const emitAverages = (work: Work, keys: KeyBlock): void => {
  const { emit, forms, value, kept } = work;
  const first = scaleIndex(keys.number, keysEach);
  eachTile(work, (panel, tileRows, place) => {
    const averages = emitTileSums<Index>(emit, {
      rows: tileRows.rows.length,
      vectors: panel.vectors.length,
      loops: (body) => emit.loop("key", keys.size, body),
      row: (i, step) => load(kept.scores, addIndices(scaleIndex(queryOf(tileRows, i), keysEach), step)),
      vector: (j, step) => {
        const at: AxisPlaces = new Map([[forms.keys, addIndices(first, step)]]);
        return load(value.buffer, value.place(new Map([...placesOf(panel, j), ...at])), 4);
      },
    });
    eachSum(averages, (sum, i, j) => {
      const factor = splat(load(kept.factor, queryOf(tileRows, i)));
      emit.store(kept.sums, place(i, j), operation("fma", load(kept.sums, place(i, j), 4), factor, sum));
    });
  });
};

export const attentionKernel = (region: Region, root: Node, context: Context): Kernel => {
  const { services } = context;
  const most = mostTiles * tile.rows;
  const forms = attentionForms(region, root, context, scratchBuffer("scores", most * keysEach));
  const { name, batch, rows, keys, scores, averages } = forms;
  const [key, value] = [vectorOperand(scores, services, width), vectorOperand(averages, services, width)];
  // Fewer queries a block where there would be too few blocks for all threads.
  const tiles = Math.ceil(sizeOf(rows) / tile.rows);
  const wanted = Math.floor((sizeOf(batch) * tiles) / services.device.parallelism);
  const queries = tile.rows * Math.max(1, Math.min(mostTiles, wanted, tiles));
  const panels =
    Math.ceil(averages.lane.size / width) * sizeOf(averages.columns.filter((axis) => axis !== averages.lane));
  const kept: Kept = {
    scores: averages.a.buffer,
    sums: scratchBuffer("sums", queries * panels * width),
    most: scratchBuffer("most", queries),
    total: scratchBuffer("total", queries),
    factor: scratchBuffer("factor", queries),
  };
  const emit = emitter();
  const block = indexVariable("queries", Math.ceil(sizeOf(rows) / queries));
  const isEven = sizeOf(rows) % queries === 0;
  const left = isEven ? undefined : offsetIndex(scaleIndex(indexOf(block), -queries), sizeOf(rows));
  const work: Work = {
    emit,
    forms,
    key,
    value,
    kept,
    block: indexOf(block),
    queries,
    each: (body) => emit.loop("query", queries, body, left),
    scoreSums: sumLevels(runsOf(scores.sums, [scores.a.index]), Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    panels,
  };
  work.each((query) => {
    emit.store(kept.most, query, scalar(lowest));
    emit.store(kept.total, query, scalar(0));
    emit.loop("column", (panels * width) / 4, (column) => {
      const place = addIndices(scaleIndex(query, panels * width), scaleIndex(column, 4));
      emit.store(kept.sums, place, splat(scalar(0)));
    });
  });
  const visit = (block: KeyBlock): void => {
    emitScores(work, block);
    emitWeights(work, block);
    emitAverages(work, block);
  };
  const whole = Math.floor(keys.size / keysEach);
  emit.loop("block", whole, (number) => visit({ number, size: keysEach }));
  if (keys.size % keysEach > 0) visit({ number: indexOf(whole), size: keys.size % keysEach });
  eachTile(work, (panel, { rows: places, ...tileRows }, place) => {
    for (const [i, row] of places.entries())
      for (const [j, { places: columns, lanes }] of panel.vectors.entries()) {
        const total = splat(load(kept.total, queryOf({ rows: places, ...tileRows }, i)));
        const average = emit.name("average", operation("div", load(kept.sums, place(i, j), 4), total));
        finishLanes(emit, averages, average, new Map([...row, ...columns]), lanes);
      }
  });
  const text = `${queries} queries at a time, and for each ${Math.min(keysEach, keys.size)} keys at a time, whose scores are not stored`;
  services.log(`${name}: ${text}`);
  const [operands, { contraction }] = [[scores.a.buffer, key.buffer, value.buffer], averages];
  return {
    name,
    buffers: mergeBuffers(operands, forms.buffers, contraction.buffers),
    grid: [...batch, block].filter(({ size }) => size !== 1),
    body: emit.statements,
    cost: {
      flops: flopsOf(scores.contraction) + flopsOf(contraction) + 4 * sizeOf([...batch, ...rows, keys]),
      bytes: 4 * (scores.a.buffer.size + scores.b.buffer.size) + bytesOf({ ...contraction, a: contraction.b }),
    },
    notes: [...contraction.notes, text],
  };
};
