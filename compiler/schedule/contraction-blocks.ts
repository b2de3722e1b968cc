/** How a contraction is cut into grid points: tiles of registers, blocks that stay in a cache, parts of long sums. */

import { coefficientOf, dependsOn, type IndexVariable } from "../kernel/index-expression.ts";
import type { ScheduleServices } from "./contraction.ts";
import { type ContractionForm, flopsOf, sizeOf } from "./contraction-form.ts";
import type { DeviceClass } from "./device-class.ts";
import { blockSteps, runsOf, type SumLevels, sumLevels, sumSize } from "./sum-levels.ts";

/** Rows, and vectors of four columns, that one pass over the sum keeps in registers. */
export interface Tile {
  readonly rows: number;
  readonly vectors: number;
}

/** By rows of the contraction: few rows take more columns, so that enough sums are under way to hide latency. */
const simdTiles: readonly Tile[] = [
  { rows: 1, vectors: 8 },
  { rows: 2, vectors: 4 },
  { rows: 3, vectors: 3 },
];

/**
 * The register tile. 4 × 2 vectors measured best on 16 registers: 42 GFLOP/s a thread, 26 for 6 × 2. Of one vector, 4 rows:
 * 22, where 8 rows reach 12, since the engine loads all of them before it adds.
 */
export const tileOf = (form: ContractionForm, device: DeviceClass): Tile => {
  const rows = sizeOf(form.rows);
  // On SwiftShader 4 × 2 reaches what 8 × 2 and 16 × 1 do, in half the time to compile.
  if (device.kind === "webgpu") return { rows: Math.min(rows, 4), vectors: form.lane.size >= 8 ? 2 : 1 };
  const few = simdTiles.find((tile) => tile.rows === rows);
  if (few !== undefined) return { ...few, vectors: Math.min(few.vectors, Math.ceil(form.lane.size / 4)) };
  if (form.lane.size <= 4) return { rows: Math.min(rows, 4), vectors: 1 };
  // Eight rows or fewer in two tiles of nearly one height; 4 + 1 would leave a slow one.
  return { rows: rows <= 8 ? Math.ceil(rows / Math.ceil(rows / 4)) : 4, vectors: 2 };
};

export interface Blocks {
  readonly tile: Tile;
  /** Tiles of rows, and panels of columns, altogether and in one grid point. */
  readonly rowTiles: number;
  readonly rowTilesEach: number;
  readonly panels: number;
  readonly panelsEach: number;
  /** Whether neighbouring grid points share rows and differ in columns. */
  readonly rowsSlowest: boolean;
  readonly sums: SumLevels;
  /** Whether blocks of both operands are copied to scratch first. */
  readonly staged: boolean;
  /** Whether `a` is read four steps of the sum at once. */
  readonly quads: boolean;
}

/** Steps of a sum that are added in registers before a block's sums go to memory, where each step takes a new cache line. */
const stridedBlock = 256;
/** The same where operands are read from front to back. */
const evenBlock = 1 << 11;
/** A part of a long sum has at least this many steps. */
const leastPart = 512;
/** Floating-point operations that a grid point should have. */
const leastWork = 1e5;

const operandBytes = (
  buffer: { readonly size: number },
  index: ContractionForm["a"]["index"],
  axes: readonly IndexVariable[],
) => 4 * Math.min(buffer.size, sizeOf(axes.filter((axis) => dependsOn(index, axis))));

export const blocksOf = (form: ContractionForm, services: ScheduleServices): Blocks => {
  const { a, b, batch, rows, columns, lane, contraction } = form;
  const { device } = services;
  const tile = tileOf(form, device);
  const rowTiles = Math.ceil(sizeOf(rows) / tile.rows);
  const panels = Math.ceil(lane.size / (4 * tile.vectors)) * sizeOf(columns.filter((axis) => axis !== lane));
  const inPlace = form.reading === "in place";
  const runs = runsOf(form.sums, inPlace ? [a.index, b.index] : [a.index]);
  const steps = sumSize(runs);
  const points = sizeOf(batch);
  const inner = form.sums.at(-1);
  const unit = inner === undefined || coefficientOf(a.index, inner) === 1;
  if (device.kind === "webgpu") {
    const sums = sumLevels(runs, partOf(steps, device.parallelism / (points * rowTiles * panels)), steps);
    const quads = inner !== undefined && unit && inner.size % 4 === 0 && (sums.block.at(-1) as number) % 4 === 0;
    return { tile, rowTiles, rowTilesEach: 1, panels, panelsEach: 1, rowsSlowest: true, sums, staged: false, quads };
  }
  const target = Math.min(device.parallelism, Math.ceil(flopsOf(contraction) / leastWork));
  const even = unit && !inPlace;
  // Bytes that one tile of rows, and one panel, bring into the cache.
  const share = even ? 1 : Math.min(1, stridedBlock / steps);
  const aBytes = operandBytes(a.buffer, a.index, [...rows, ...form.sums]);
  const bBytes = operandBytes(b.buffer, b.index, [...columns, ...form.sums]);
  const atMost = (count: number, bytes: number): number =>
    Math.max(1, Math.min(count, Math.floor(device.cache / 4 / ((bytes * share) / count))));
  let rowTilesEach = atMost(rowTiles, aBytes);
  let panelsEach = atMost(panels, bBytes);
  const count = (all: number, each: number): number => Math.ceil(all / each);
  const short = (): number => target / (points * count(rowTiles, rowTilesEach) * count(panels, panelsEach));
  const rowsSlowest = aBytes >= bBytes;
  const cutRows = (least: number): void => {
    const blocks = Math.ceil(count(rowTiles, rowTilesEach) * Math.max(1, short()));
    rowTilesEach = Math.min(rowTilesEach, Math.max(Math.min(least, rowTiles), count(rowTiles, blocks)));
  };
  const cutPanels = (least: number): void => {
    const blocks = Math.ceil(count(panels, panelsEach) * Math.max(1, short()));
    panelsEach = Math.min(panelsEach, Math.max(Math.min(least, panels), count(panels, blocks)));
  };
  // What has more bytes is cut first; a panel should serve eight tiles before it leaves the nearest cache.
  if (rowsSlowest) cutRows(8);
  // Where elements are copied first, each should be read a few times.
  const readings = even ? 1 : 8;
  cutPanels(readings);
  cutRows(readings);
  const sums = sumLevels(runs, partOf(steps, Math.floor(short())), even ? evenBlock : stridedBlock);
  const often = Math.min(rowTilesEach, panelsEach) >= 4;
  const staged = !even && tile.rows === 4 && often && blockSteps(sums) <= evenBlock;
  // Blocks of one size.
  const level = (all: number, each: number): number => count(all, count(all, each));
  return {
    tile,
    rowTiles,
    rowTilesEach: level(rowTiles, rowTilesEach),
    panels,
    panelsEach: level(panels, panelsEach),
    rowsSlowest,
    sums,
    staged,
    quads: false,
  };
};

/** Steps of a part where `wanted` parts would fill the machine. */
const partOf = (steps: number, wanted: number): number =>
  wanted <= 1 ? steps : Math.max(leastPart, Math.ceil(steps / wanted));
