/**
 * What loading need not do: copies of weights that only other steps of loading read, which read the weights themselves, and
 * steps whose results nobody reads.
 */

import { type Buffer, eachStatement, type Kernel } from "../kernel/kernel.ts";
import type { LoweredStep } from "./lower.ts";

const eachDispatch = (
  steps: readonly LoweredStep[],
  visit: (step: LoweredStep & { readonly kind: "dispatch" }) => void,
): void => {
  for (const step of steps) {
    if (step.kind === "dispatch") visit(step);
    else eachDispatch(step.body, visit);
  }
};

/** Buffers that some steps read or write. */
export const buffersOf = (steps: readonly LoweredStep[]): Set<Buffer> => {
  const buffers = new Set<Buffer>();
  eachDispatch(steps, ({ kernel }) => {
    for (const buffer of kernel.buffers) buffers.add(buffer);
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

/** Buffers that a step stores to. */
export const writesOf = (step: LoweredStep): ReadonlySet<Buffer> => {
  const written = new Set<Buffer>();
  eachDispatch([step], ({ kernel }) => {
    for (const buffer of storedBy(kernel)) written.add(buffer);
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
