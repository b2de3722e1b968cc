/** Binding: the load steps, with each bound tensor in memory from the first step that reads it to the last. */

import { operandOf } from "./arguments.ts";
import type { Area, Memory, Prepared } from "./backend.ts";
import type { Core } from "./core.ts";
import type { LoadOptions } from "./device.ts";
import type { Plan, PlanTensor, Step } from "./plan.ts";
import { dispatchesOf, unitStarts } from "./steps.ts";

/** The bound tensors that a step reads, by number. */
const readBy = (plan: Plan, step: Step): number[] => {
  const slots = dispatchesOf([step]).flatMap((dispatch) => dispatch.slots);
  const bound = slots.flatMap((slot) => {
    const { kind, index } = plan.slots[slot] as Plan["slots"][number];
    return kind === "bound" ? [index as number] : [];
  });
  return [...new Set(bound)].sort((a, b) => a - b);
};

/** Steps that run together, and the bound tensors that are read in before them and given back after them. */
interface Stage {
  readonly from: number;
  readonly to: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** A stage ends where the next step reads a tensor that is not there yet. */
const stagesOf = (plan: Plan): Stage[] => {
  const reads = plan.load.map((step) => readBy(plan, step));
  const last = new Map(reads.flatMap((numbers, step) => numbers.map((number) => [number, step] as const)));
  const starts = unitStarts(plan.load);
  const seen = new Set<number>();
  const stages: Stage[] = [];
  for (const [step, numbers] of reads.entries()) {
    const first = numbers.filter((number) => !seen.has(number));
    for (const number of first) seen.add(number);
    const over = numbers.filter((number) => last.get(number) === step);
    const before = stages.at(-1);
    const to = starts[step + 1] as number;
    if (first.length > 0 || before === undefined) stages.push({ from: starts[step] as number, to, first, last: over });
    else stages[stages.length - 1] = { ...before, to, last: [...before.last, ...over] };
  }
  return stages;
};

/** @throws ArgumentError for a tensor that does not fit, and whatever the reader throws; nothing stays in memory then */
export const bindPlan = async (
  { backend, queue, tensors }: Core,
  plan: Plan,
  prepared: Prepared,
  read: (number: number) => unknown,
  { onProgress, signal }: LoadOptions,
): Promise<Area> => {
  const bound: (Memory | undefined)[] = plan.bound.map(() => undefined);
  const own = new Set<Memory>();
  const stages = stagesOf(plan);
  const total = stages.reduce((sum, { first }) => sum + first.length, 0);
  let done = 0;
  signal?.throwIfAborted();
  const packed = await queue(() => prepared.reserve("packed"));
  try {
    const temporary = await queue(() => prepared.reserve("load"));
    try {
      for (const { from, to, first, last } of stages) {
        // The tensors stay referred to while their memory is in use.
        const keep: unknown[] = [];
        for (const number of first) {
          const wanted = plan.bound[number] as PlanTensor;
          const name = `${plan.name}: ${wanted.name}`;
          const value = await read(number);
          keep.push(value);
          signal?.throwIfAborted();
          const { memory, bytes } = operandOf(tensors, name, value, wanted);
          bound[number] =
            memory ??
            (await queue(async () => {
              const made = await tensors.allocate((bytes as Uint8Array).length, name);
              own.add(made);
              backend.write(made, bytes as Uint8Array);
              return made;
            }));
          onProgress?.(++done, total, wanted.name);
        }
        await queue(() =>
          prepared.run({ steps: "load", from, to, arguments: [], results: [], bound, packed, temporary, signal }),
        );
        keep.length = 0;
        for (const number of last) {
          const memory = bound[number] as Memory;
          bound[number] = undefined;
          if (own.delete(memory)) await queue(() => backend.free(memory));
        }
      }
      return packed;
    } finally {
      await queue(() => {
        temporary.release();
        for (const memory of own) backend.free(memory);
      });
    }
  } catch (error) {
    await queue(packed.release);
    throw error;
  }
};
