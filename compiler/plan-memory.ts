/** Memory that a plan needs, and what takes it. */

import type { DispatchStep, Plan, PlanTensor, Slot, Step } from "../runtime/plan.ts";
import { showBytes } from "./amounts.ts";

/** A program that memory does not hold. */
export class MemoryError extends Error {
  override readonly name = "MemoryError";
}

export interface PlanMemory {
  readonly arguments: number;
  readonly results: number;
  readonly packed: number;
  readonly constants: number;
  /** Values inside a call: all places together, and those at the peak. */
  readonly inside: number;
  readonly atPeak: readonly { readonly slot: Slot; readonly source: string }[];
  /** All of it, while a call runs; and while weights are bound, without those that are read. */
  readonly call: number;
  readonly load: number;
}

const bytesOf = (tensors: readonly PlanTensor[]): number =>
  tensors.reduce((sum, { shape }) => sum + 4 * shape.reduce((size, dim) => size * dim, 1), 0);

interface Life {
  from: number;
  to: number;
  readonly source: string;
}

/** When temporary slots live, in dispatches: all of a loop, where it carries them. */
const livesOf = (plan: Plan): Map<number, Life> => {
  const lives = new Map<number, Life>();
  let time = 0;
  const touch = (slot: number, from: number, to: number, source: string): void => {
    if (plan.slots[slot]?.kind !== "temporary") return;
    const life = lives.get(slot);
    if (life === undefined) lives.set(slot, { from, to, source });
    else {
      life.from = Math.min(life.from, from);
      life.to = Math.max(life.to, to);
    }
  };
  const visit = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind === "dispatch") {
        for (const slot of step.slots) touch(slot, time, time, step.source);
        time++;
        continue;
      }
      const start = time;
      const outside = new Set(lives.keys());
      visit(step.body);
      const end = Math.max(start, time - 1);
      for (const [slot, life] of lives) if (outside.has(slot) && life.to >= start) life.to = end;
      for (const slot of step.swaps.flat()) touch(slot, start, end, "");
    }
  };
  visit(plan.call);
  return lives;
};

/** The slots that live when most bytes do, the largest first. */
const peakOf = (plan: Plan): PlanMemory["atPeak"] => {
  const lives = [...livesOf(plan)].map(([slot, life]) => ({ ...life, slot: plan.slots[slot] as Slot }));
  const bytesAt = (time: number): number =>
    lives.reduce((sum, { from, to, slot }) => sum + (from <= time && time <= to ? slot.bytes : 0), 0);
  let [peak, most] = [0, -1];
  for (const time of new Set(lives.map(({ from }) => from))) {
    const bytes = bytesAt(time);
    if (bytes > most) [peak, most] = [time, bytes];
  }
  return lives
    .filter(({ from, to }) => from <= peak && peak <= to)
    .sort((a, b) => b.slot.bytes - a.slot.bytes)
    .map(({ slot, source }) => ({ slot, source }));
};

export const memoryOf = (plan: Plan): PlanMemory => {
  const [args, results] = [bytesOf(plan.arguments), bytesOf(plan.results)];
  const { packed, call: inside, load, scratch } = plan.memory;
  const constants = plan.constants.length;
  return {
    arguments: args,
    results,
    packed,
    constants,
    inside,
    atPeak: peakOf(plan),
    call: args + results + packed + constants + inside + scratch,
    load: packed + constants + load + scratch,
  };
};

const wasmLimit = 2 ** 32;

/** @throws MemoryError where the plan needs more than `budget` bytes, or than a WebAssembly memory can have */
export const checkMemory = (plan: Plan, budget = Number.POSITIVE_INFINITY): void => {
  const limit = plan.device === "wasm" ? Math.min(budget, wasmLimit) : budget;
  const memory = memoryOf(plan);
  const need = Math.max(memory.call, memory.load);
  if (need <= limit) return;
  const parts = [
    [memory.inside, "values inside a call"],
    [memory.packed, "packed weights"],
    [memory.arguments, "arguments"],
    [memory.results, "results"],
    [memory.constants, "constants"],
  ] as const;
  const largest = memory.atPeak
    .slice(0, 5)
    .map(({ slot, source }) => `  ${showBytes(slot.bytes)} ${slot.name}, ${source}`);
  throw new MemoryError(
    [
      `${plan.name} needs ${showBytes(need)} of memory ${memory.load > memory.call ? "to bind its weights" : "for a call"}, and ${
        limit === budget ? `may have ${showBytes(limit)}` : `WebAssembly has ${showBytes(limit)}`
      }; compile it for smaller dims${limit === budget ? ", or allow more" : ', or for "webgpu"'}`,
      `In a call: ${parts
        .filter(([bytes]) => bytes > 0)
        .map(([bytes, what]) => `${showBytes(bytes)} ${what}`)
        .join(", ")}.`,
      ...(largest.length > 0 ? ["The largest values inside it, when most are alive:", ...largest] : []),
    ].join("\n"),
  );
};

/** Every dispatch, in the order of the text. */
export const dispatchesIn = (steps: readonly Step[]): DispatchStep[] =>
  steps.flatMap((step) => (step.kind === "dispatch" ? [step] : dispatchesIn(step.body)));
