/**
 * Units of steps: a dispatch or an iteration of an outermost loop, numbered in the order in which they run. Between units a
 * run can pause, be reported and be ended; and a range of them can be run by itself.
 */

import type { DispatchStep, Step } from "./plan.ts";

const unitsOf = (step: Step): number => (step.kind === "loop" ? step.count : 1);

/** The first unit of each step, and the number of all. */
export const unitStarts = (steps: readonly Step[]): number[] => {
  const starts = [0];
  for (const step of steps) starts.push((starts.at(-1) as number) + unitsOf(step));
  return starts;
};

export const countUnits = (steps: readonly Step[]): number => steps.reduce((sum, step) => sum + unitsOf(step), 0);

/** Iterations of outermost loops: what `onStep` counts. */
export const countIterations = (steps: readonly Step[]): number =>
  steps.reduce((sum, step) => sum + (step.kind === "loop" ? step.count : 0), 0);

interface Chunk {
  readonly from: number;
  readonly to: number;
  /** How many iterations are done after it, where it ends with one. */
  readonly done?: number;
}

/** Ranges that end where an iteration of an outermost loop does, and a rest. */
export function* chunksOf(steps: readonly Step[], from: number, to: number): Generator<Chunk> {
  let start = from;
  let unit = 0;
  let done = 0;
  for (const step of steps) {
    if (step.kind === "dispatch") unit++;
    else {
      for (let i = 0; i < step.count; i++) {
        unit++;
        done++;
        if (unit <= from) continue;
        if (unit > to) break;
        yield { from: start, to: unit, done };
        start = unit;
      }
    }
  }
  if (start < to) yield { from: start, to };
}

const swapIn = <T>(places: { [slot: number]: T }, step: Step): void => {
  if (step.kind === "dispatch") return;
  for (let i = 0; i < step.count; i++) {
    for (const inner of step.body) swapIn(places, inner);
    for (const [a, b] of step.swaps) [places[a], places[b]] = [places[b] as T, places[a] as T];
  }
};

/** Swaps the places of slots as the steps before a unit have, for a run that begins there: binding pauses between steps. */
export const swapBefore = <T>(places: { [slot: number]: T }, steps: readonly Step[], unit: number): void => {
  const ends = unitStarts(steps).slice(1);
  for (const [i, step] of steps.entries()) if ((ends[i] as number) <= unit) swapIn(places, step);
};

/** Every dispatch once, in the order of the text: what timings are kept for. */
export const dispatchesOf = (steps: readonly Step[]): DispatchStep[] =>
  steps.flatMap((step) => (step.kind === "dispatch" ? [step] : dispatchesOf(step.body)));
