/** Tiles for graphics processors, and which of them a contraction takes. */

import type { DeviceClass } from "./device-class.ts";

/** A workgroup computes `rows` × `columns` results; a thread `each[0]` rows × `each[1]` columns of them. */
export interface GpuTile {
  readonly rows: number;
  readonly columns: number;
  readonly each: readonly [rows: number, columns: number];
  /** Steps of the sum that stand in workgroup memory at once. */
  readonly steps: number;
  /** How much of the machine's rate the inner loop reaches, about: by reads of workgroup memory for each product. */
  readonly efficiency: number;
}

/** Memory for both operands is 16 KiB at most, what every device has. */
export const gpuTiles: readonly GpuTile[] = [
  { rows: 128, columns: 128, each: [8, 8], steps: 16, efficiency: 1 },
  { rows: 128, columns: 64, each: [8, 8], steps: 16, efficiency: 0.85 },
  { rows: 64, columns: 128, each: [8, 8], steps: 16, efficiency: 0.85 },
  { rows: 64, columns: 64, each: [8, 4], steps: 16, efficiency: 0.7 },
  { rows: 32, columns: 64, each: [4, 4], steps: 16, efficiency: 0.5 },
  { rows: 64, columns: 32, each: [4, 4], steps: 16, efficiency: 0.5 },
  { rows: 32, columns: 32, each: [4, 4], steps: 16, efficiency: 0.45 },
  { rows: 128, columns: 16, each: [4, 4], steps: 16, efficiency: 0.4 },
  { rows: 16, columns: 128, each: [4, 4], steps: 16, efficiency: 0.4 },
  { rows: 256, columns: 8, each: [4, 4], steps: 8, efficiency: 0.3 },
  { rows: 8, columns: 256, each: [4, 4], steps: 8, efficiency: 0.3 },
];

export const threadsOf = ({ rows, columns, each }: GpuTile): number => (rows / each[0]) * (columns / each[1]);

export const memoryOf = ({ rows, columns, steps }: GpuTile): number => 4 * steps * (rows + columns);

export interface GpuSize {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  /** Steps of each term of the sum. */
  readonly steps: readonly number[];
}

export interface GpuCut {
  readonly tile: GpuTile;
  /** Tiles along the rows and the columns. */
  readonly rowTiles: number;
  readonly columnTiles: number;
  /** Rounds of `tile.steps` steps: altogether, and in each part of the sum. */
  readonly rounds: number;
  readonly roundsEach: number;
  readonly parts: number;
}

/** Cycles that a second kernel costs: its launch, and the wait for the first. */
const launch = 5000;
/** Cycles of a workgroup outside of its loop. */
const entry = 500;
/** Bytes a cycle that the caches give, where partial sums are. */
const cacheRate = 2000;
/** A thread of a full machine waits for as many others. */
const sharing = 2;
/** Parts have at least so many rounds. */
const leastRounds = 4;
const mostParts = 32;

/** Cycles, about. */
const priceOf = (
  { tile, rowTiles, columnTiles, roundsEach, parts }: GpuCut,
  size: GpuSize,
  device: DeviceClass,
): number => {
  const groups = size.batch * rowTiles * columnTiles * parts;
  const waves = Math.max(1, (groups * threadsOf(tile)) / device.parallelism);
  const products = tile.each[0] * tile.each[1] * tile.steps * roundsEach;
  const partBytes = parts === 1 ? 0 : 8 * parts * size.batch * size.rows * size.columns;
  const second = parts === 1 ? 0 : launch + partBytes / cacheRate;
  return waves * (entry + (sharing * products) / tile.efficiency) + second;
};

/** The rounds of each term of a sum; none is of two terms. */
export const roundsOf = (tile: GpuTile, steps: readonly number[]): readonly number[] =>
  steps.map((own) => Math.ceil(own / tile.steps));

/** The contraction in tiles of one kind, its sum in `wanted` parts at most. */
export const gpuCutBy = (tile: GpuTile, size: GpuSize, wanted: number): GpuCut => {
  const rounds = roundsOf(tile, size.steps).reduce((sum, own) => sum + own, 0);
  const roundsEach = Math.ceil(rounds / wanted);
  return {
    tile,
    rowTiles: Math.ceil(size.rows / tile.rows),
    columnTiles: Math.ceil(size.columns / tile.columns),
    rounds,
    roundsEach,
    parts: Math.ceil(rounds / roundsEach),
  };
};

/** The cheapest tile and number of parts; `undefined` where no tile fits the workgroups of the device. */
export const gpuCut = (size: GpuSize, device: DeviceClass): GpuCut | undefined => {
  let best: { readonly cut: GpuCut; readonly price: number } | undefined;
  for (const tile of gpuTiles) {
    if (threadsOf(tile) > device.workgroup || memoryOf(tile) > device.workgroupMemory) continue;
    for (let wanted = 1; wanted <= mostParts; wanted++) {
      const cut = gpuCutBy(tile, size, wanted);
      if (wanted > 1 && (cut.parts !== wanted || cut.roundsEach < leastRounds)) continue;
      const price = priceOf(cut, size, device);
      if (best === undefined || price < best.price) best = { cut, price };
    }
  }
  return best?.cut;
};
