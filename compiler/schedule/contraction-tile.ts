/**
 * The register tile: a few rows by a few vectors of columns are summed in registers, with one splat of `a` for each row and
 * one vector of `b` for each four columns a step. Grid points are blocks of such tiles that share what is in the cache.
 *
 *   grid(batch …, part, block of rows, block of columns) {
 *     loop block of the sum { loop panel { loop tile of rows {
 *       var sums = 0;  loops over the sum { sums += a · b }
 *       first block … : to scratch;  last block: finish, or to partial sums
 *     }}}
 *   }
 */

import { type Emitter, emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  flattenIndex,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  offsetIndex,
  quotient,
  remainder,
  scaleIndex,
  unflattenIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Local } from "../kernel/kernel.ts";
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
  placeAt,
  sizeOf,
} from "./contraction-form.ts";
import { type VectorOperand, vectorOperand } from "./contraction-pack.ts";
import { type PartialSums, partialSums } from "./partial-sums.ts";
import { emitTileSums } from "./register-tile.ts";
import { blockCount, emitSumLoops, partCount } from "./sum-levels.ts";

/** One tile: where it stands and how much of it there is. */
interface TileAt {
  readonly rows: readonly AxisPlaces[];
  /** The places of the first lane of each vector, and how many of its lanes there are. */
  readonly vectors: readonly { readonly places: AxisPlaces; readonly lanes: number }[];
  /** Where its sums lie in scratch, between blocks of the sum. */
  readonly scratch: Index;
}

interface TileKernel {
  readonly form: ContractionForm;
  readonly blocks: Blocks;
  readonly b: VectorOperand;
  readonly part: Index;
  readonly scratch: Buffer | undefined;
  readonly partials: PartialSums | undefined;
}

/** The sums of one tile over one block of the sum. */
const emitTile = (emit: Emitter, kernel: TileKernel, at: TileAt, block: Index): void => {
  const { form, blocks, b, part, scratch, partials } = kernel;
  const sums = emitTileSums<AxisPlaces>(emit, {
    rows: at.rows.length,
    vectors: at.vectors.length,
    loops: (body) => emitSumLoops(emit, blocks.sums, part, block, body),
    row: (i, steps) => load(form.a.buffer, placeAt(form.a, at.rows[i] as AxisPlaces, steps)),
    vector: (j, steps) => {
      const { places } = at.vectors[j] as TileAt["vectors"][number];
      return load(b.buffer, b.place(new Map([...places, ...steps])), 4);
    },
  });
  const each = (visit: (sum: Local, i: number, j: number) => void): void => {
    for (const [i, row] of sums.entries()) for (const [j, sum] of row.entries()) visit(sum, i, j);
  };
  const finish = (): void =>
    each((sum, i, j) => {
      const { places, lanes } = at.vectors[j] as TileAt["vectors"][number];
      const all = new Map([...(at.rows[i] as AxisPlaces), ...places]);
      if (partials === undefined) finishLanes(emit, form, sum, all, lanes);
      else partials.store(emit, part, all, sum);
    });
  if (scratch === undefined) {
    finish();
    return;
  }
  const place = (i: number, j: number): Index => offsetIndex(at.scratch, 4 * (i * at.vectors.length + j));
  const last = blockCount(blocks.sums) - 1;
  // Blocks are summed on their own first: the error of a long sum grows with its length.
  emit.when([within(block, 1, last + 1)], () =>
    each((sum, i, j) => emit.assign(sum, operation("add", sum, load(scratch, place(i, j), 4)))),
  );
  emit.when([within(block, last, last + 1)], finish, () => each((sum, i, j) => emit.store(scratch, place(i, j), sum)));
};

/** Runs `body` for whole items or for the last one, which has less. */
const wholeOrLast = (
  emit: Emitter,
  index: Index,
  count: number,
  whole: number,
  rest: number,
  body: (extent: number) => void,
): void => {
  if (rest === 0) body(whole);
  else if (count === 1) body(rest);
  else
    emit.when(
      [within(index, 0, count - 1)],
      () => body(whole),
      () => body(rest),
    );
};

/** Loops over one block's items of `count`, each block having `each` but perhaps the last. */
const blockLoop = (
  emit: Emitter,
  name: string,
  count: number,
  each: number,
  block: Index,
  body: (index: Index, inBlock: Index) => void,
): void => {
  const first = scaleIndex(block, each);
  const left = count % each === 0 ? undefined : addIndices(indexOf(count), scaleIndex(first, -1));
  emit.loop(name, each, (index) => body(addIndices(first, index), index), left);
};

const mapOf = (axes: readonly IndexVariable[], places: readonly Index[]): AxisPlaces =>
  new Map(axes.map((axis, i) => [axis, places[i] as Index]));

const emitBlock = (emit: Emitter, kernel: TileKernel, rowBlock: Index, panelBlock: Index): void => {
  const { form, blocks } = kernel;
  const { tile, rowTiles, rowTilesEach, panels, panelsEach } = blocks;
  const { rows, columns, lane } = form;
  const width = 4 * tile.vectors;
  const others = columns.filter((axis) => axis !== lane);
  const lanePanels = Math.ceil(lane.size / width);
  const rowShape = rows.map(({ size }) => size);
  emit.loop("block", blockCount(blocks.sums), (block) =>
    blockLoop(emit, "panel", panels, panelsEach, panelBlock, (panel, panelInBlock) => {
      const otherPlaces = mapOf(
        others,
        unflattenIndex(
          quotient(panel, lanePanels),
          others.map(({ size }) => size),
        ),
      );
      const lanePanel = others.length === 0 ? panel : remainder(panel, lanePanels);
      wholeOrLast(emit, lanePanel, lanePanels, width, lane.size % width, (extent) => {
        const vectors = Array.from({ length: Math.ceil(extent / 4) }, (_, j) => ({
          places: new Map([...otherPlaces, [lane, offsetIndex(scaleIndex(lanePanel, width), 4 * j)]]),
          lanes: Math.min(4, extent - 4 * j),
        }));
        blockLoop(emit, "tile", rowTiles, rowTilesEach, rowBlock, (rowTile, tileInBlock) =>
          wholeOrLast(emit, rowTile, rowTiles, tile.rows, sizeOf(rows) % tile.rows, (height) => {
            const first = scaleIndex(rowTile, tile.rows);
            const places = Array.from({ length: height }, (_, i) =>
              mapOf(rows, unflattenIndex(offsetIndex(first, i), rowShape)),
            );
            const scratch = scaleIndex(
              flattenIndex([panelInBlock, tileInBlock], [panelsEach, rowTilesEach]),
              tile.rows * width,
            );
            emitTile(emit, kernel, { rows: places, vectors, scratch }, block);
          }),
        );
      });
    }),
  );
};

/** The contraction by register tiles: fits all that have an axis for lanes. */
export const scheduleTile = (contraction: Contraction, services: ScheduleServices): readonly Kernel[] | undefined => {
  const form = bestForm(contraction, services)?.form;
  if (form === undefined) return undefined;
  const blocks = blocksOf(form, services);
  const { tile, rowTiles, rowTilesEach, panels, panelsEach, sums } = blocks;
  const width = 4 * tile.vectors;
  const parts = partCount(sums);
  const part = indexVariable("part", parts);
  const rowBlock = indexVariable("rows", Math.ceil(rowTiles / rowTilesEach));
  const panelBlock = indexVariable("columns", Math.ceil(panels / panelsEach));
  const b = vectorOperand(form, services, services.device.interpreted ? Math.ceil(form.lane.size / 4) * 4 : width);
  const partials = parts === 1 ? undefined : partialSums(form, parts, services);
  const scratch: Buffer | undefined =
    blockCount(sums) === 1
      ? undefined
      : {
          name: "sums",
          storage: "f32",
          space: "scratch",
          access: "readwrite",
          size: rowTilesEach * panelsEach * tile.rows * width,
        };
  const emit = emitter();
  const kernel: TileKernel = { form, blocks, b, part: indexOf(part), scratch, partials };
  emitBlock(emit, kernel, indexOf(rowBlock), indexOf(panelBlock));
  const order = blocks.rowsSlowest ? [rowBlock, panelBlock] : [panelBlock, rowBlock];
  const text = `${tile.rows} × ${width} tiles, ${rowTilesEach} × ${panelsEach} of them a point${parts > 1 ? `, the sum in ${parts} parts` : ""}${blockCount(sums) > 1 ? `, in ${blockCount(sums)} blocks` : ""}, ${b.buffer.name} ${form.reading}`;
  services.log(`${contraction.name}: ${text}`);
  const main: Kernel = {
    name: contraction.name,
    buffers: mergeBuffers([form.a.buffer, b.buffer], partials === undefined ? contraction.buffers : [partials.buffer]),
    grid: [...form.batch, part, ...order].filter(({ size }) => size !== 1),
    body: emit.statements,
    cost: { flops: flopsOf(contraction), bytes: bytesOf(contraction) },
    notes: [...contraction.notes, text],
  };
  return partials === undefined ? [main] : [main, partials.kernel];
};
