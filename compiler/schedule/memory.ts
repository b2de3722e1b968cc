/**
 * Memory: where temporaries lie in one arena, so that what does not live at the same time shares a place.
 *
 * A buffer lives from the step that first writes it to the one that last reads it; one that a loop reads or writes, and that is
 * not of its body alone, lives as long as the loop. Larger buffers are placed first, each as low as it fits.
 */

import type { Buffer } from "../kernel/kernel.ts";
import type { LoweredStep } from "./lower.ts";

export interface Arena {
  readonly offsets: ReadonlyMap<Buffer, number>;
  readonly bytes: number;
  /** The largest sum of buffers that live at one time: no arena can be smaller. */
  readonly live: number;
}

interface Life {
  from: number;
  to: number;
}

const lives = (steps: readonly LoweredStep[], isTemporary: (buffer: Buffer) => boolean): Map<Buffer, Life> => {
  const found = new Map<Buffer, Life>();
  let time = 0;
  const touch = (buffer: Buffer, from: number, to = from): void => {
    if (!isTemporary(buffer)) return;
    const life = found.get(buffer);
    if (life === undefined) found.set(buffer, { from, to });
    else {
      life.from = Math.min(life.from, from);
      life.to = Math.max(life.to, to);
    }
  };
  const visit = (list: readonly LoweredStep[]): void => {
    for (const step of list) {
      if (step.kind === "dispatch") {
        for (const buffer of step.kernel.buffers) touch(buffer, time);
        time++;
        continue;
      }
      const start = time;
      const before = new Set(found.keys());
      const carried = new Set(step.swaps.flat());
      visit(step.body);
      const end = Math.max(start, time - 1);
      for (const [buffer, life] of found)
        if ((before.has(buffer) || carried.has(buffer)) && life.to >= start) life.to = end;
      for (const buffer of carried) touch(buffer, start, end);
    }
  };
  visit(steps);
  return found;
};

const align = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Places the temporaries of some steps. `outside` are those that are read after them. */
export const arenaOf = (
  steps: readonly LoweredStep[],
  isTemporary: (buffer: Buffer) => boolean,
  alignment: number,
): Arena => {
  const known = lives(steps, isTemporary);
  const sizeOf = (buffer: Buffer): number => align(Math.max(4, buffer.size * 4), alignment);
  const placed: { readonly offset: number; readonly end: number; readonly life: Life }[] = [];
  const offsets = new Map<Buffer, number>();
  let bytes = 0;
  const bySize = [...known].sort(([a, x], [b, y]) => sizeOf(b) - sizeOf(a) || x.from - y.from);
  for (const [buffer, life] of bySize) {
    const size = sizeOf(buffer);
    const beside = placed
      .filter(({ life: other }) => other.from <= life.to && life.from <= other.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of beside) {
      if (other.offset - offset >= size) break;
      offset = Math.max(offset, other.end);
    }
    offsets.set(buffer, offset);
    placed.push({ offset, end: offset + size, life });
    bytes = Math.max(bytes, offset + size);
  }
  const changes = new Map<number, number>();
  for (const [buffer, { from, to }] of known) {
    changes.set(from, (changes.get(from) ?? 0) + sizeOf(buffer));
    changes.set(to + 1, (changes.get(to + 1) ?? 0) - sizeOf(buffer));
  }
  let [now, live] = [0, 0];
  for (const [, change] of [...changes].sort(([a], [b]) => a - b)) {
    now += change;
    live = Math.max(live, now);
  }
  return { offsets, bytes, live };
};
