/**
 * The loops over the sum axes of a contraction: axes that both operands step through as if they were one are one loop, and
 * long sums are cut into blocks. Cuts depend on shapes alone, so that results are the same for any number of threads.
 */

import type { Emitter } from "../kernel/emit.ts";
import {
  addIndices,
  coefficientOf,
  flattenIndex,
  type Index,
  type IndexVariable,
  offsetIndex,
  scaleIndex,
  unflattenIndex,
} from "../kernel/index-expression.ts";
import { type AxisPlaces, sizeOf } from "./contraction-form.ts";

/** Axes that are walked as one, the slowest first. */
export interface Run {
  readonly axes: readonly IndexVariable[];
  readonly size: number;
}

/** Merges neighbours where one step of the outer axis is as far, in each index, as all steps of the inner one. */
export const runsOf = (sums: readonly IndexVariable[], indices: readonly Index[]): Run[] => {
  const runs: { axes: IndexVariable[]; size: number }[] = [];
  for (const axis of sums) {
    const run = runs.at(-1);
    const outer = run?.axes.at(-1);
    const joined =
      outer !== undefined &&
      indices.every((index) => {
        const step = coefficientOf(index, axis);
        return step !== undefined && coefficientOf(index, outer) === step * axis.size;
      });
    if (run !== undefined && joined) {
      run.axes.push(axis);
      run.size *= axis.size;
    } else runs.push({ axes: [axis], size: axis.size });
  }
  return runs;
};

/** Where the axes of a run stand at a place in it. */
export const placesInRun = ({ axes }: Run, place: Index): AxisPlaces => {
  const places = unflattenIndex(
    place,
    axes.map(({ size }) => size),
  );
  return new Map(axes.map((axis, i) => [axis, places[i] as Index]));
};

/** A sum in up to three levels: parts of the grid, blocks in a point of it, and what stays in registers. */
export interface SumLevels {
  readonly runs: readonly Run[];
  /** How many steps of each run stand in one part, and in one block of a part. */
  readonly part: readonly number[];
  readonly block: readonly number[];
}

/** The largest divisor of `size` that is at most `most`. */
export const divisorWithin = (size: number, most: number): number => {
  for (let divisor = Math.max(1, Math.min(size, Math.floor(most))); ; divisor--)
    if (size % divisor === 0) return divisor;
};

/** The smallest divisor of `size` that is at least `least`, or `size`. */
export const divisorFrom = (size: number, least: number): number => {
  for (let divisor = Math.ceil(least); divisor < size; divisor++) if (size % divisor === 0) return divisor;
  return size;
};

/** Cuts the outermost runs until at most `most` steps are left; more, where a size has no divisor near that. */
const cut = (sizes: readonly number[], most: number): number[] => {
  let left = most;
  const kept = sizes.map(() => 1);
  for (let i = sizes.length - 1; i >= 0; i--) {
    const size = sizes[i] as number;
    const divisor = divisorWithin(size, left);
    kept[i] = left < 2 || 8 * divisor > Math.min(size, left) ? divisor : size;
    if ((kept[i] as number) < size) break;
    left /= size;
  }
  return kept;
};

export const sumLevels = (runs: readonly Run[], partSize: number, blockSize: number): SumLevels => {
  const part = cut(
    runs.map(({ size }) => size),
    partSize,
  );
  return { runs, part, block: cut(part, blockSize) };
};

const ratios = (sizes: readonly number[], by: readonly number[]): number[] =>
  sizes.map((size, i) => size / (by[i] as number));
const product = (sizes: readonly number[]): number => sizes.reduce((x, y) => x * y, 1);

export const partCount = ({ runs, part }: SumLevels): number =>
  product(
    ratios(
      runs.map(({ size }) => size),
      part,
    ),
  );

export const blockCount = ({ part, block }: SumLevels): number => product(ratios(part, block));

/** Steps of one block. */
export const blockSteps = ({ block }: SumLevels): number => product(block);

/**
 * Loops over one block of one part; `body` gets the places of all sum axes, and the number of the step in the block.
 */
export const emitSumLoops = (
  emit: Emitter,
  levels: SumLevels,
  part: Index,
  block: Index,
  body: (places: AxisPlaces, step: Index) => void,
): void => emitSumTurns(emit, levels, part, block, 1, ([places], step) => body(places as AxisPlaces, step));

/** The same with several steps of the innermost run a turn, whose number must divide that of its steps in the block. */
export const emitSumTurns = (
  emit: Emitter,
  { runs, part, block }: SumLevels,
  partIndex: Index,
  blockIndex: Index,
  steps: number,
  body: (places: readonly AxisPlaces[], first: Index) => void,
): void => {
  const partAt = unflattenIndex(
    partIndex,
    ratios(
      runs.map(({ size }) => size),
      part,
    ),
  );
  const blockAt = unflattenIndex(blockIndex, ratios(part, block));
  const visit = (level: number, places: readonly AxisPlaces[], at: readonly Index[]): void => {
    const run = runs[level];
    if (run === undefined) {
      body(places, flattenIndex(at, block));
      return;
    }
    const each = level === runs.length - 1 ? steps : 1;
    emit.loop("k", (block[level] as number) / each, (turn) => {
      const k = scaleIndex(turn, each);
      const place = addIndices(
        scaleIndex(partAt[level] as Index, part[level] as number),
        scaleIndex(blockAt[level] as Index, block[level] as number),
        k,
      );
      const inner = places.flatMap((outer) =>
        Array.from({ length: each }, (_, i) => new Map([...outer, ...placesInRun(run, offsetIndex(place, i))])),
      );
      visit(level + 1, inner, [...at, k]);
    });
  };
  visit(0, [new Map()], []);
};

export const sumSize = (runs: readonly Run[]): number => sizeOf(runs.flatMap(({ axes }) => axes));
