/**
 * Donated arguments: whose memory a result takes over, so that a training step updates its parameters in place.
 *
 * A result may lie where an argument of its type lay if the argument is read for the last time before the result is first
 * written; or by the same kernel, each element just before the one that replaces it. Such a kernel then has one buffer for
 * both.
 */

import { indexKey } from "../kernel/index-expression.ts";
import { type Buffer, bodiesOfStatement, type Kernel, type Statement } from "../kernel/kernel.ts";
import { loadInstead } from "../kernel/load-instead.ts";
import { eachValue } from "../kernel/walk.ts";
import { buffersOf, writesOf } from "./eliminate.ts";
import type { LoweredStep, Purpose } from "./steps.ts";

export interface TakenOver {
  readonly steps: readonly LoweredStep[];
  /** For each result, the number of the argument whose memory it takes. */
  readonly takesOver: readonly (number | null)[];
}

/** Whether each element of `result` is stored among the very statements that loaded that of `argument`, and nowhere else. */
const isInPlace = (statements: readonly Statement[], argument: Buffer, result: Buffer): boolean => {
  const loads = new Set<string>();
  const stores = new Set<string>();
  let late = false;
  for (const statement of statements) {
    eachValue(statement, (value) => {
      if (value.kind !== "load" || value.buffer !== argument) return;
      const key = `${indexKey(value.index)} ${value.type.lanes}`;
      loads.add(key);
      late ||= stores.has(key);
    });
    if (statement.kind === "store" && statement.buffer === result)
      stores.add(`${indexKey(statement.index)} ${statement.value.type.lanes}`);
  }
  // With each load there is its store: no element is read by another grid point, or in another turn of a loop.
  if (late || loads.size !== stores.size || [...loads].some((key) => !stores.has(key))) return false;
  return statements.every((statement) =>
    bodiesOfStatement(statement).every((body) => isInPlace(body, argument, result)),
  );
};

/** The kernel with one buffer for an argument and the result that replaces it. */
const inPlace = (kernel: Kernel, argument: Buffer, result: Buffer): Kernel => ({
  ...kernel,
  buffers: kernel.buffers.filter((buffer) => buffer !== argument),
  body: loadInstead(kernel.body, argument, result),
});

export const takeOver = (
  steps: readonly LoweredStep[],
  purposeOf: (buffer: Buffer) => Purpose,
  results: number,
  isDonated: (argument: number) => boolean,
): TakenOver => {
  const firstWrite = new Map<Buffer, number>();
  const lastUse = new Map<Buffer, number>();
  const all = steps.map((step) => buffersOf([step]));
  steps.forEach((step, time) => {
    for (const buffer of writesOf(step)) if (!firstWrite.has(buffer)) firstWrite.set(buffer, time);
    for (const buffer of all[time] as Set<Buffer>) lastUse.set(buffer, time);
  });
  const buffers = [...new Set(all.flatMap((set) => [...set]))];
  const donated = buffers.filter((buffer) => {
    const purpose = purposeOf(buffer);
    return purpose.kind === "argument" && isDonated(purpose.index);
  });
  const takesOver: (number | null)[] = Array.from({ length: results }, () => null);
  const changed = [...steps];
  const taken = new Set<Buffer>();
  for (const result of buffers) {
    const purpose = purposeOf(result);
    if (purpose.kind !== "result") continue;
    const written = firstWrite.get(result) as number;
    for (const argument of donated) {
      if (taken.has(argument) || argument.size !== result.size || argument.storage !== result.storage) continue;
      const read = lastUse.get(argument) as number;
      if (read > written) continue;
      const step = changed[written] as LoweredStep;
      if (read === written) {
        if (step.kind === "loop" || !isInPlace(step.kernel.body, argument, result)) continue;
        changed[written] = { ...step, kernel: inPlace(step.kernel, argument, result) };
      }
      taken.add(argument);
      takesOver[purpose.index] = (purposeOf(argument) as { readonly index: number }).index;
      break;
    }
  }
  return { steps: changed, takesOver };
};
