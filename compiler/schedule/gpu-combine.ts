/**
 * What the threads of a workgroup have found becomes one value, by a tree in workgroup memory: with each barrier half of the
 * lanes add what the other half holds. The order is that of the lanes, so results are the same each time.
 */

import { type Emitter, within } from "../kernel/emit.ts";
import { addIndices, type Index, indexOf, offsetIndex, scaleIndex } from "../kernel/index-expression.ts";
import type { Buffer, Lanes, Scalar, Value } from "../kernel/kernel.ts";
import { load } from "../kernel/values.ts";

export interface Combination {
  readonly name: string;
  readonly scalar: Scalar;
  readonly width: Lanes;
  /** A power of two. */
  readonly lanes: number;
  /** Values that are combined side by side, each by its own lanes: thread = lane · groups + group. */
  readonly groups: number;
  /** Values that each thread has. */
  readonly copies: number;
  readonly thread: Index;
  readonly combine: (a: Value, b: Value) => Value;
  /** Memory that was used before, as a list of a kernel's own; all threads have read their totals by the next barrier. */
  readonly memories?: Buffer[];
}

export interface Combined {
  readonly memory: Buffer;
  /** The total of a group, in all threads. */
  readonly total: (group: Index, copy?: Index) => Value;
}

/** Combines the values of all lanes. `at` is the place lane · groups + group of the values, the thread's number if not given. */
export const combineLanes = (
  emit: Emitter,
  combination: Combination,
  values: readonly Value[],
  at: Index = combination.thread,
): Combined => {
  const { name, scalar, width, lanes, groups, copies, thread, combine, memories } = combination;
  const size = lanes * groups;
  const elements = width * size * copies;
  const used = memories?.find((each) => each.storage === scalar && each.size === elements);
  const memory: Buffer = used ?? { name, storage: scalar, space: "workgroup", access: "readwrite", size: elements };
  if (used === undefined) memories?.push(memory);
  else emit.barrier();
  const place = (own: Index, copy: Index): Index => scaleIndex(addIndices(scaleIndex(copy, size), own), width);
  for (const [copy, value] of values.entries()) emit.store(memory, place(at, indexOf(copy)), value);
  emit.barrier();
  for (let half = lanes / 2; half >= 1; half /= 2) {
    emit.when([within(thread, 0, half * groups)], () => {
      for (const copy of values.keys()) {
        const own = place(thread, indexOf(copy));
        const other = place(offsetIndex(thread, half * groups), indexOf(copy));
        emit.store(memory, own, combine(load(memory, own, width), load(memory, other, width)));
      }
    });
    emit.barrier();
  }
  return { memory, total: (group, copy = indexOf(0)) => load(memory, place(group, copy), width) };
};
