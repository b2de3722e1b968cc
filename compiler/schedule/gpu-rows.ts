/**
 * Rows by threads: the threads of a workgroup part the elements of one row among them, neighbours to neighbours, and combine
 * what each has. Thread t takes the vectors t, t + count, t + 2 · count … of the row.
 */

import { type Emitter, within } from "../kernel/emit.ts";
import {
  addIndices,
  type Index,
  type IndexVariable,
  indexOf,
  indexVariable,
  scaleIndex,
  unflattenIndex,
} from "../kernel/index-expression.ts";
import type { Buffer, Lanes, Value } from "../kernel/kernel.ts";
import { laneOf } from "../kernel/values.ts";
import { type Combination, combineValues, emptyValue, type Stretch } from "./accumulate.ts";
import type { DeviceClass } from "./device-class.ts";
import { combineLanes } from "./gpu-combine.ts";

/** Threads that run in step: fewer are no faster. For rows that are shorter, a thread for each is better. */
const leastThreads = 32;
/** Vectors that each thread should have. */
const vectorsEach = 2;

/** The threads of a kernel that share each row. */
export interface RowThreads {
  readonly variable: IndexVariable;
  /** Workgroup memory in which they have combined values. */
  readonly memories: Buffer[];
}

/** The threads that share a row; `undefined` where each row is one thread's. */
export const rowThreads = (device: DeviceClass, rows: number, elements: number): RowThreads | undefined => {
  const least = Math.min(leastThreads, device.workgroup);
  if (device.workgroup === 1 || elements < least) return undefined;
  // Many short rows fill the machine by themselves.
  if (rows >= 8 * device.parallelism && elements < 8 * least) return undefined;
  let count = least;
  while (2 * count <= device.workgroup && count * 4 * vectorsEach < elements) count *= 2;
  return { variable: indexVariable("thread", count), memories: [] };
};

export interface ThreadedElements {
  /** Elements that a thread takes at a time. */
  readonly width: Lanes;
  /** Times that it does. */
  readonly turns: number;
  /**
   * Calls `body` with places along the loops, and with the place among the thread's own elements; a lane is the last place's
   * where width is 4, else `lane`.
   */
  readonly each: (
    emit: Emitter,
    body: (loops: readonly Index[], lane: IndexVariable | undefined, own: Index) => void,
  ) => void;
}

/** The elements of a row, or of a stretch of its outermost axis, as its threads take them. */
export const elementsByThreads = (
  { variable: threads }: RowThreads,
  axes: readonly IndexVariable[],
  alongSums: boolean,
  lane: IndexVariable | undefined,
  stretch?: Stretch,
): ThreadedElements => {
  const last = axes.at(-1);
  const width: Lanes = alongSums && last !== undefined && last.size % 4 === 0 && stretchIsEven(axes, stretch) ? 4 : 1;
  const sizes = axes.map(({ size }, i) => (i === 0 && stretch !== undefined ? stretch.size : size));
  const vectors = sizes.reduce((product, size) => product * size, 1) / width;
  const turns = Math.ceil(vectors / threads.size);
  return {
    width,
    turns,
    each: (emit, body) =>
      emit.loop("turn", turns, (turn) => {
        const number = addIndices(scaleIndex(turn, threads.size), indexOf(threads));
        const own = width === 4 ? indexVariable("lane", 4) : lane;
        const inLane = width === 4 ? [indexOf(own as IndexVariable)] : [];
        const visit = (): void => {
          const places = unflattenIndex(scaleIndex(number, width), sizes);
          const loops = places.map((place, i) => {
            const start = i === 0 && stretch !== undefined ? [stretch.start] : [];
            return addIndices(...start, place, ...(i === places.length - 1 ? inLane : []));
          });
          body(loops, own, addIndices(scaleIndex(turn, width), ...inLane));
        };
        if (turns * threads.size === vectors) visit();
        else emit.when([within(number, 0, vectors)], visit);
      }),
  };
};

/** A stretch of the only axis must consist of whole vectors. */
const stretchIsEven = (axes: readonly IndexVariable[], stretch: Stretch | undefined): boolean =>
  stretch === undefined || axes.length > 1 || stretch.size % 4 === 0;

/** The combined value of a row, in all of its threads. Takes what `accumulate` does. */
export const accumulateByThreads = (
  emit: Emitter,
  threads: RowThreads,
  combination: Combination,
  axes: readonly IndexVariable[],
  alongSums: boolean,
  lane: IndexVariable | undefined,
  element: (loops: readonly Index[], lane: IndexVariable | undefined, own: Index) => Value,
  stretch?: Stretch,
): Value => {
  const elements = elementsByThreads(threads, axes, alongSums, lane, stretch);
  const width: Lanes = lane !== undefined ? 4 : elements.width;
  const total = emit.variable("total", emptyValue(combination, width));
  elements.each(emit, (loops, ownLane, place) =>
    emit.assign(total, combineValues(combination, total, element(loops, ownLane, place))),
  );
  const combine = (a: Value, b: Value): Value => combineValues(combination, a, b);
  const pair = (a: 0 | 1 | 2 | 3, b: 0 | 1 | 2 | 3): Value => combine(laneOf(total, a), laneOf(total, b));
  const isRow = lane === undefined && width === 4;
  const own: Value = isRow ? combine(pair(0, 2), pair(1, 3)) : total;
  const combined = combineLanes(
    emit,
    {
      name: "totals",
      scalar: combination.scalar,
      width: lane === undefined ? 1 : 4,
      lanes: threads.variable.size,
      groups: 1,
      copies: 1,
      thread: indexOf(threads.variable),
      combine,
      memories: threads.memories,
    },
    [own],
  );
  return emit.name("total", combined.total(indexOf(0)));
};

/** Calls `body` in the first thread alone, if there are threads. */
export const inFirstThread = (emit: Emitter, threads: RowThreads | undefined, body: () => void): void => {
  if (threads === undefined) body();
  else emit.when([within(indexOf(threads.variable), 0, 1)], body);
};

/** Parts of long rows that fill the machine, where each row has that many threads. */
export const partsByThreads = (
  device: DeviceClass,
  groups: number,
  { variable: threads }: RowThreads,
  elements: number,
): number => {
  const wanted = device.parallelism / (groups * threads.size);
  const most = elements / (threads.size * 4 * vectorsEach * 2);
  return Math.max(1, Math.floor(Math.min(wanted, most)));
};
