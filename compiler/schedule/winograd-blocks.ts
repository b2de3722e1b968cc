/** How a convolution in Winograd's form is cut into blocks of tiles and of columns. */

import type { Convolution3x3 } from "./contraction.ts";
import type { DeviceClass } from "./device-class.ts";
import type { WinogradSize } from "./winograd-transforms.ts";

export interface WinogradBlocks {
  /** Products of a tile for each pair of channels. */
  readonly planes: number;
  /** Tiles altogether and in a block. */
  readonly tiles: number;
  readonly tilesEach: number;
  readonly blocks: number;
  /** Columns of a block. */
  readonly columnsEach: number;
  /** Whether blocks of tiles are too few to fill a machine, so that those of columns are grid points too. */
  readonly shared: boolean;
}

/** Tiles of a block, a multiple of four: so that its inputs fill a third of the cache, and blocks are of one size. */
const tilesOfBlock = (tiles: number, bytesEach: number, cache: number): number => {
  const most = Math.max(16, Math.floor((cache * 0.3) / bytesEach / 4) * 4);
  return Math.ceil(tiles / Math.ceil(tiles / most) / 4) * 4;
};

/** Columns of a block: as many as leave the wanted number of blocks. */
const columnsOfBlock = (columns: number, wanted: number): number =>
  [32, 24, 16].find((each) => columns % each === 0 && columns / each >= wanted) ?? 8;

/** Multiplications and additions that a grid point should have. */
const leastWork = 1e5;

export const winogradBlocks = (
  { image, y, x, column, channel }: Convolution3x3,
  size: WinogradSize,
  { cache, parallelism }: DeviceClass,
): WinogradBlocks => {
  const planes = (size + 2) ** 2;
  const tiles = (image.size * y.size * x.size) / size ** 2;
  const tilesEach = tilesOfBlock(tiles, planes * channel.size * 4, cache);
  const blocks = Math.ceil(tiles / tilesEach);
  const products = 2 * planes * tiles * channel.size * column.size;
  const target = Math.min(parallelism / 4, Math.ceil(products / leastWork));
  const shared = blocks < target;
  const columnsEach = columnsOfBlock(column.size, shared ? target / blocks : 1);
  return { planes, tiles, tilesEach, blocks, columnsEach, shared };
};

/** Without a cache line more, the planes of one weight would all fall into one set of the cache. */
export const planeGap = 16;

/** Elements that transformed weights take. */
export const winogradWeightSize = (
  { column, channel }: Convolution3x3,
  { planes, columnsEach }: WinogradBlocks,
): number => (column.size / columnsEach) * planes * (columnsEach * channel.size + planeGap);
