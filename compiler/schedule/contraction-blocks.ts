/** How a contraction is cut into grid points: tiles of registers, blocks that stay in a cache, parts of long sums. */

import { coefficientOf, dependsOn, type IndexVariable } from "../kernel/index-expression.ts";
import type { ContractionOperand } from "./contraction.ts";
import { type ContractionForm, flopsOf, formTerms, sizeOf } from "./contraction-form.ts";
import type { DeviceClass } from "./device-class.ts";
import { blockSteps, type Run, runsOf, type SumLevels, sumLevels, sumSize } from "./sum-levels.ts";

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
  /** Of each term; only one term alone has parts. */
  readonly sums: readonly SumLevels[];
  /** Whether blocks of both operands are copied to scratch first. */
  readonly staged: boolean;
  /** Whether `a` is read four steps of the sum at once. */
  readonly quads: boolean;
}

/** Steps of a sum that are added in registers before a block's sums go to memory, where each step takes a new cache line. */
const stridedBlock = 256;
/**
 * The same where operands are read from front to back, and longer blocks are no faster. Blocks are summed on their own, so
 * that the error of n steps grows with √(64 + n / 64), not with √n.
 */
const evenBlock = 64;
/** Steps of a block, where a size has no divisor that would make it shorter, whose operands are still copied to scratch. */
const mostStaged = 1 << 11;
/** A part of a long sum has at least this many steps. */
const leastPart = 512;
/** Floating-point operations that a grid point should have. */
const leastWork = 1e5;

/** Tiles of rows, or panels, shared out to grid points. */
interface Cut {
  /** Items altogether, and in one grid point. */
  readonly count: number;
  readonly each: number;
}

const piecesOf = ({ count, each }: Cut): number => Math.ceil(count / each);

/** Cut into `times` as many pieces, if that leaves `least` items in each. */
const cutFurther = (cut: Cut, times: number, least: number): Cut => {
  const pieces = Math.ceil(piecesOf(cut) * Math.max(1, times));
  return { ...cut, each: Math.min(cut.each, Math.max(Math.min(least, cut.count), Math.ceil(cut.count / pieces))) };
};

/** In as many pieces, of one size. */
const evened = (cut: Cut): Cut => ({ ...cut, each: Math.ceil(cut.count / piecesOf(cut)) });

/** What tiles and sums a form has, however it is cut. */
interface Extents {
  readonly tile: Tile;
  readonly rowTiles: number;
  readonly panels: number;
  readonly terms: readonly TermExtents[];
}

interface TermExtents {
  readonly form: ContractionForm;
  readonly runs: readonly Run[];
  readonly steps: number;
  /** Whether the innermost steps of `a` lie side by side. */
  readonly unit: boolean;
}

/** The levels of each term's sum, in blocks of so many steps, where `wanted` parts would fill the machine. */
const levelsOf = (terms: readonly TermExtents[], wanted: number, block: number): SumLevels[] =>
  terms.map(({ runs, steps }) => {
    const part = wanted <= 1 || terms.length > 1 ? steps : Math.max(leastPart, Math.ceil(steps / wanted));
    return sumLevels(runs, part, block);
  });

const operandBytes = ({ buffer, index }: ContractionOperand, axes: readonly IndexVariable[]): number =>
  4 * Math.min(buffer.size, sizeOf(axes.filter((axis) => dependsOn(index, axis))));

/** Each tile is a grid point: for devices that run very many, and keep no caches for one of them. */
const singleTiles = (form: ContractionForm, { parallelism }: DeviceClass, extents: Extents): Blocks => {
  const { tile, rowTiles, panels, terms } = extents;
  const wanted = parallelism / (sizeOf(form.batch) * rowTiles * panels);
  const sums = levelsOf(terms, wanted, Number.MAX_SAFE_INTEGER);
  const quads = terms.every(({ unit, form: own }, i) => {
    const inner = own.sums.at(-1)?.size ?? 0;
    return unit && inner > 0 && inner % 4 === 0 && ((sums[i] as SumLevels).block.at(-1) as number) % 4 === 0;
  });
  return { tile, rowTiles, rowTilesEach: 1, panels, panelsEach: 1, rowsSlowest: true, sums, staged: false, quads };
};

/** Blocks of tiles whose operands stay in the cache of one thread, and enough of them for all threads. */
const cachedBlocks = (form: ContractionForm, { parallelism, cache }: DeviceClass, extents: Extents): Blocks => {
  const { tile, rowTiles, panels, terms } = extents;
  const even = terms.every(({ unit, form: { reading } }) => unit && reading === "packed");
  const add = (bytes: readonly number[]): number => bytes.reduce((sum, own) => sum + own, 0);
  const aBytes = add(terms.map(({ form: { a, rows, sums } }) => operandBytes(a, [...rows, ...sums])));
  const bBytes = add(terms.map(({ form: { b, columns, sums } }) => operandBytes(b, [...columns, ...sums])));
  const steps = add(terms.map((term) => term.steps));
  // A quarter of the cache for each operand, of which one block of the sum is read at a time.
  const share = even ? 1 : Math.min(1, stridedBlock / steps);
  const cached = (count: number, bytes: number): Cut => {
    const most = Math.floor((cache / 4 / (bytes * share)) * count);
    return { count, each: Math.max(1, Math.min(count, most)) };
  };
  const target = Math.min(parallelism, Math.ceil(flopsOf(form.contraction) / leastWork));
  const short = (): number => target / (sizeOf(form.batch) * piecesOf(rows) * piecesOf(columns));
  let rows = cached(rowTiles, aBytes);
  let columns = cached(panels, bBytes);
  // Copies to scratch should be read a few times each, and a panel serve eight tiles before it leaves the nearest cache.
  const readings = even ? 1 : 8;
  const rowsSlowest = aBytes >= bBytes;
  if (rowsSlowest) rows = cutFurther(rows, short(), 8);
  columns = cutFurther(columns, short(), readings);
  rows = cutFurther(rows, short(), readings);
  const sums = levelsOf(terms, Math.floor(short()), even ? evenBlock : stridedBlock);
  const often = Math.min(rows.each, columns.each) >= 4;
  return {
    tile,
    rowTiles,
    rowTilesEach: evened(rows).each,
    panels,
    panelsEach: evened(columns).each,
    rowsSlowest,
    sums,
    staged: !even && tile.rows === 4 && often && sums.length === 1 && blockSteps(sums[0] as SumLevels) <= mostStaged,
    quads: false,
  };
};

export const blocksOf = (form: ContractionForm, device: DeviceClass): Blocks => {
  const { rows, columns, lane } = form;
  const tile = tileOf(form, device);
  const extents: Extents = {
    tile,
    rowTiles: Math.ceil(sizeOf(rows) / tile.rows),
    panels: Math.ceil(lane.size / (4 * tile.vectors)) * sizeOf(columns.filter((axis) => axis !== lane)),
    terms: formTerms(form).map((term) => {
      const { a, b, sums, reading } = term;
      const runs = runsOf(sums, reading === "in place" ? [a.index, b.index] : [a.index]);
      const inner = sums.at(-1);
      const unit = inner === undefined || coefficientOf(a.index, inner) === 1;
      return { form: term, runs, steps: sumSize(runs), unit };
    }),
  };
  return device.kind === "webgpu" ? singleTiles(form, device, extents) : cachedBlocks(form, device, extents);
};
