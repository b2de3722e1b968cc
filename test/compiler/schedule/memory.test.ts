/** Places of temporaries: what lives at one time lies apart. */

import { describe, expect, test } from "vitest";
import { indexOf } from "../../../compiler/kernel/index-expression.ts";
import type { Buffer } from "../../../compiler/kernel/kernel.ts";
import { constantValue, typeOf } from "../../../compiler/kernel/values.ts";
import { arenaOf } from "../../../compiler/schedule/memory.ts";
import type { LoweredStep } from "../../../compiler/schedule/steps.ts";

const buffer = (name: string, size = 16): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access: "readwrite",
  size,
});

/** A dispatch that stores to the last buffer. */
const dispatch = (...buffers: readonly Buffer[]): LoweredStep => ({
  kind: "dispatch",
  source: "",
  kernel: {
    name: "k",
    buffers,
    grid: [],
    body: [
      { kind: "store", buffer: buffers.at(-1) as Buffer, index: indexOf(0), value: constantValue(0, typeOf("f32")) },
    ],
    cost: { flops: 0, bytes: 0 },
    notes: [],
  },
});

const loop = (swaps: readonly (readonly [Buffer, Buffer])[], ...body: readonly LoweredStep[]): LoweredStep => ({
  kind: "loop",
  count: 3,
  reverse: false,
  counter: buffer("step", 1),
  swaps,
  body,
});

const placed = (...steps: readonly LoweredStep[]) => arenaOf(steps, () => true, 64);

/** Whether buffers share memory. */
const overlap = ({ offsets }: ReturnType<typeof arenaOf>, a: Buffer, b: Buffer): boolean => {
  const [x, y] = [offsets.get(a) as number, offsets.get(b) as number];
  return x < y + 4 * b.size && y < x + 4 * a.size;
};

describe("the arena", () => {
  const [a, b, c, d, e] = ["a", "b", "c", "d", "e"].map((name) => buffer(name)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];

  test("gives one place to what does not live at one time", () => {
    const arena = placed(dispatch(a), dispatch(a, b), dispatch(b, c));
    expect(overlap(arena, a, b)).toBe(false);
    expect(overlap(arena, b, c)).toBe(false);
    expect(arena.bytes).toBe(2 * 64);
    expect(arena.live).toBe(2 * 64);
  });

  test("keeps a swapped pair as long as either: after an odd number of steps each is the other", () => {
    const arena = placed(dispatch(a), loop([[a, b]], dispatch(a, b)), dispatch(c), dispatch(c, a, d));
    expect(overlap(arena, b, c)).toBe(false);
    expect(overlap(arena, b, d)).toBe(false);
  });

  test("keeps what a loop stores for later from its start on", () => {
    // Each step makes c before it stores to e, which holds what earlier steps stored.
    const arena = placed(
      dispatch(a),
      loop([[a, b]], dispatch(a, c), dispatch(c, d), dispatch(d, e, b)),
      dispatch(e, d),
    );
    expect(overlap(arena, c, e)).toBe(false);
  });

  test("keeps what a loop reads to its end", () => {
    const arena = placed(dispatch(c), dispatch(a), loop([[a, b]], dispatch(a, c, d), dispatch(d, e), dispatch(e, b)));
    expect(overlap(arena, c, e)).toBe(false);
  });
});
