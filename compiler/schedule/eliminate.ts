/**
 * What loading need not do: copies of weights that only other steps of loading read, which read the weights themselves, and
 * steps whose results nobody reads.
 */

import { type Buffer, eachStatement, type Kernel } from "../kernel/kernel.ts";
import type { LoweredStep } from "./steps.ts";

const eachStep = (steps: readonly LoweredStep[], visit: (step: LoweredStep) => void): void => {
  for (const step of steps) {
    visit(step);
    if (step.kind === "loop") eachStep(step.body, visit);
  }
};

/** Buffers that some steps read or write. */
export const buffersOf = (steps: readonly LoweredStep[]): Set<Buffer> => {
  const buffers = new Set<Buffer>();
  eachStep(steps, (step) => {
    for (const buffer of step.kind === "dispatch" ? step.kernel.buffers : step.swaps.flat()) buffers.add(buffer);
  });
  return buffers;
};

/** Steps of loading that the call, or a later step of loading, reads something of. */
export const neededLoading = (
  load: readonly LoweredStep[],
  call: readonly LoweredStep[],
  writes: (step: LoweredStep) => ReadonlySet<Buffer>,
): readonly LoweredStep[] => {
  const needed = buffersOf(call);
  const kept: LoweredStep[] = [];
  for (const step of [...load].reverse()) {
    const outputs = writes(step);
    if (![...outputs].some((buffer) => needed.has(buffer))) continue;
    kept.unshift(step);
    for (const buffer of buffersOf([step])) needed.add(buffer);
  }
  return kept;
};

/** Buffers that hold something else after a step: it stores to them, or swaps them with such. */
export const writesOf = (step: LoweredStep): ReadonlySet<Buffer> => {
  const written = new Set<Buffer>();
  eachStep([step], (each) => {
    for (const buffer of each.kind === "dispatch" ? storedBy(each.kernel) : each.swaps.flat()) written.add(buffer);
  });
  return written;
};

export const storedBy = (kernel: Kernel): ReadonlySet<Buffer> => {
  const written = new Set<Buffer>();
  eachStatement(kernel.body, (statement) => {
    if (statement.kind === "store" && statement.buffer.space === "global") written.add(statement.buffer);
  });
  return written;
};
