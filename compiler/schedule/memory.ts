/**
 * Memory: where temporaries lie in one arena, so that what does not live at the same time shares a place.
 *
 * A buffer lives from the first step that touches it to the last. One that lives before or after a loop lives through it: any
 * iteration may touch it again. Two that a loop swaps live together, since either may end up as the other. Larger buffers are
 * placed first, each as low as it fits.
 */

import type { Buffer } from "../kernel/kernel.ts";
import type { LoweredStep } from "./steps.ts";

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

interface Span extends Life {
  readonly swaps: readonly (readonly [Buffer, Buffer])[];
}

const lives = (steps: readonly LoweredStep[], isTemporary: (buffer: Buffer) => boolean): Map<Buffer, Life> => {
  const found = new Map<Buffer, Life>();
  /** Loops, the inner ones first. */
  const loops: Span[] = [];
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
      const from = time;
      visit(step.body);
      const to = Math.max(from, time - 1);
      for (const buffer of step.swaps.flat()) touch(buffer, from, to);
      loops.push({ from, to, swaps: step.swaps });
    }
  };
  visit(steps);

  // What one loop lengthens may reach into another.
  for (let changed = true; changed; ) {
    changed = false;
    const lengthen = (life: Life, from: number, to: number): void => {
      if (from >= life.from && to <= life.to) return;
      life.from = Math.min(life.from, from);
      life.to = Math.max(life.to, to);
      changed = true;
    };
    for (const { from, to, swaps } of loops) {
      for (const life of found.values())
        if (life.from <= to && from <= life.to && (life.from < from || to < life.to)) lengthen(life, from, to);
      for (const [first, second] of swaps) {
        const [a, b] = [found.get(first), found.get(second)];
        if (a === undefined || b === undefined) continue;
        lengthen(a, b.from, b.to);
        lengthen(b, a.from, a.to);
      }
    }
  }
  return found;
};

const align = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Places the temporaries of some steps. */
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
