/** What a plan takes of memory, on plans that are made up. */

import { describe, expect, test } from "vitest";
import { checkMemory, memoryOf } from "../../compiler/plan-memory.ts";
import type { Plan, Slot, Step } from "../../runtime/plan.ts";

const mebi = 2 ** 20;
const slot = (name: string, bytes: number, kind: Slot["kind"] = "temporary"): Slot => ({ name, bytes, kind });
const step = (source: string, ...slots: readonly number[]): Step => ({ kind: "dispatch", kernel: 0, slots, source });
const planOf = (slots: readonly Slot[], call: readonly Step[], device: Plan["device"] = "wasm", inside = 0): Plan =>
  ({
    name: "f",
    device,
    slots,
    call,
    load: [],
    arguments: [{ name: "x", dtype: "f32", shape: [mebi] }],
    results: [{ name: "result", dtype: "f32", shape: [] }],
    bound: [],
    constants: new Uint8Array(16),
    memory: { call: inside, load: 0, packed: 8, scratch: 0, live: 0 },
  }) as unknown as Plan;

describe("memory of a plan", () => {
  const slots = [slot("a", 2 * mebi), slot("b", 3 * mebi), slot("c", 4 * mebi), slot("x", 4 * mebi, "argument")];

  test("is that of values that are alive together, the largest first", () => {
    const plan = planOf(
      slots,
      [step("f.ts:1 f", 3, 0), step("f.ts:2 f", 0, 1), step("f.ts:3 f", 1, 2)],
      "wasm",
      7 * mebi,
    );
    const memory = memoryOf(plan);
    expect(memory.atPeak.map(({ slot, source }) => [slot.name, source])).toEqual([
      ["c", "f.ts:3 f"],
      ["b", "f.ts:2 f"],
    ]);
    expect(memory.call).toBe(11 * mebi + 4 + 8 + 16);
  });

  test("counts what a loop carries for all of it", () => {
    const body = [step("f.ts:2 f", 0, 1)];
    const loop: Step = { kind: "loop", count: 3, reverse: false, counter: 3, swaps: [[0, 1]], body };
    const plan = planOf(slots, [step("f.ts:1 f", 0), loop, step("f.ts:4 f", 0)]);
    expect(memoryOf(plan).atPeak.map(({ slot }) => slot.name)).toEqual(["b", "a"]);
  });

  test("is refused beyond a budget, and beyond what WebAssembly has, by name", () => {
    const call = [step("f.ts:1 f", 3, 0, 2)];
    const plan = planOf(slots, call, "wasm", 6 * mebi);
    expect(() => checkMemory(plan)).not.toThrow();
    expect(() => checkMemory(plan, 10 * mebi)).toThrow(
      /^f needs 10\.0 MiB of memory for a call, and may have 10\.0 MiB; .*\nIn a call: 6\.00 MiB values inside a call, .*\n.*\n {2}4\.00 MiB c, f\.ts:1 f\n {2}2\.00 MiB a, f\.ts:1 f$/,
    );
    const large = planOf(slots, call, "wasm", 2 ** 32);
    expect(() => checkMemory(large)).toThrow(/needs 4\.00 GiB .* WebAssembly has 4\.00 GiB; .* or for "webgpu"/);
    expect(() => checkMemory(planOf(slots, call, "webgpu", 2 ** 32))).not.toThrow();
  });
});
