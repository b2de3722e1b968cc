/**
 * The order of loading: each step just before the first that needs it, so that weights, and what stands between them and
 * their packed forms, are in memory for a short while.
 */

import type { Buffer } from "../kernel/kernel.ts";
import { buffersOf, writesOf } from "./eliminate.ts";
import type { LoweredStep } from "./steps.ts";

/** For each step the earlier ones that must come before it: one of the two writes what the other reads or writes. */
const dependenciesOf = (steps: readonly LoweredStep[]): readonly (readonly number[])[] => {
  const touched = new Map<Buffer, number[]>();
  const written = new Map<Buffer, number[]>();
  const note = (notes: Map<Buffer, number[]>, buffer: Buffer, step: number): void => {
    const known = notes.get(buffer);
    if (known === undefined) notes.set(buffer, [step]);
    else known.push(step);
  };
  return steps.map((step, i) => {
    const [touches, writes] = [buffersOf([step]), writesOf(step)];
    const before = new Set<number>();
    for (const buffer of touches) for (const other of written.get(buffer) ?? []) before.add(other);
    for (const buffer of writes) for (const other of touched.get(buffer) ?? []) before.add(other);
    for (const buffer of touches) note(touched, buffer, i);
    for (const buffer of writes) note(written, buffer, i);
    return [...before];
  });
};

/** `kept` are the buffers that calls read. */
export const inOrderOfUse = (steps: readonly LoweredStep[], kept: ReadonlySet<Buffer>): readonly LoweredStep[] => {
  const dependencies = dependenciesOf(steps);
  const ordered: LoweredStep[] = [];
  const done = new Set<number>();
  const run = (at: number): void => {
    if (done.has(at)) return;
    done.add(at);
    for (const before of dependencies[at] as readonly number[]) run(before);
    ordered.push(steps[at] as LoweredStep);
  };
  steps.forEach((step, i) => {
    if ([...writesOf(step)].some((buffer) => kept.has(buffer))) run(i);
  });
  return ordered;
};
