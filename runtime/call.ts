/** One call: memory for what it takes and gives, the run, and who holds the memory afterwards. */

import type { Operand } from "./arguments.ts";
import type { Area, Memory, Prepared } from "./backend.ts";
import type { Core } from "./core.ts";
import type { CallOptions } from "./device.ts";
import { sizeOf } from "./host.ts";
import type { Plan, PlanTensor } from "./plan.ts";
import { countUnits } from "./steps.ts";
import { treeWith } from "./tree.ts";

export const bytesOf = ({ shape }: PlanTensor): number => 4 * sizeOf(shape);

/** Runs when its turn in the queue comes. What was donated is lost where it fails. */
export const runCall = async (
  { backend, tensors }: Core,
  plan: Plan,
  prepared: Prepared,
  packed: Area | undefined,
  operands: readonly Operand[],
  { onStep, signal, onTimings }: CallOptions,
): Promise<unknown> => {
  const args: Memory[] = [];
  const results: Memory[] = [];
  // Memory that belongs to nobody once the call has ended: what came as host data, what was donated, results that failed.
  const own = new Set<Memory>();
  try {
    for (const { memory, donated } of operands) if (memory !== undefined && donated) own.add(memory);
    signal?.throwIfAborted();
    for (const { name, memory, bytes } of operands) {
      if (memory !== undefined) {
        args.push(memory);
        continue;
      }
      const elements = bytes as Uint8Array;
      const made = await tensors.allocate(elements.length, name);
      own.add(made);
      backend.write(made, elements);
      args.push(made);
    }
    for (const [i, tensor] of plan.results.entries()) {
      const over = plan.takesOver[i] ?? null;
      if (over !== null) results.push(args[over] as Memory);
      else {
        const made = await tensors.allocate(bytesOf(tensor), `${plan.name}: ${tensor.name}`);
        own.add(made);
        results.push(made);
      }
    }
    await prepared.run({
      steps: "call",
      from: 0,
      to: countUnits(plan.call),
      arguments: args,
      results,
      bound: [],
      packed,
      temporary: undefined,
      onStep,
      signal,
      onTimings,
    });
    for (const memory of results) own.delete(memory);
    const made = plan.results.map(({ dtype, shape }, i) => tensors.make(results[i] as Memory, dtype, shape));
    return treeWith(plan.result, made.values());
  } finally {
    for (const memory of own) backend.free(memory);
  }
};
