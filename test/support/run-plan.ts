/** Runs a WASM plan in this thread, step by step: a runtime without workers, for tests that run thousands of plans. */

import type { Plan, Slot, Step } from "../../runtime/plan.ts";

export interface PlanRun {
  /** Elements of each result, as they lie: four bytes each. */
  readonly call: (args: readonly ArrayLike<number>[]) => ArrayLike<number>[];
}

const views = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint32Array } as const;

const page = 65536;
const align = (n: number): number => Math.ceil(n / 64) * 64;
/** What was never written is NaN, and a large integer: results that depend on it are wrong. */
const unwritten = 0x7fc00000;

/** Loads a plan, its bound parameters given, into a memory of its own. Grids are run in `parts`, as threads would. */
export const openPlan = (plan: Plan, bound: readonly ArrayLike<number>[] = [], parts = 1, relaxed = false): PlanRun => {
  const { modules } = plan;
  if (modules === undefined) throw new Error("the plan has no WebAssembly");
  const outside = plan.slots.filter(({ kind }) => ["argument", "result", "bound", "counter"].includes(kind));
  let next = 64;
  const take = (bytes: number): number => {
    const at = next;
    next = align(next + Math.max(4, bytes));
    return at;
  };
  const constants = take(plan.constants.length);
  const packed = take(plan.memory.packed);
  const arena = take(Math.max(plan.memory.call, plan.memory.load));
  const scratch = take(plan.memory.scratch);
  const own = new Map<Slot, number>(outside.map((slot) => [slot, take(slot.bytes)]));
  // Vectors may reach past the last element of a buffer, never out of the memory.
  const pages = Math.ceil((next + 64) / page);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  new Uint32Array(memory.buffer).fill(unwritten);
  new Uint8Array(memory.buffer).set(plan.constants, constants);
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module((relaxed ? modules.relaxed : modules.plain) as BufferSource),
    { env: { memory } },
  );
  const addressOf = (slot: Slot): number => {
    switch (slot.kind) {
      case "constant":
        return constants + (slot.offset as number);
      case "packed":
        return packed + (slot.offset as number);
      case "temporary":
        return arena + (slot.offset as number);
      default:
        return own.get(slot) as number;
    }
  };
  const addresses = plan.slots.map((slot) => {
    const over = slot.kind === "result" ? plan.takesOver[slot.index as number] : undefined;
    const taken = plan.slots.find(({ kind, index }) => kind === "argument" && index === over);
    return addressOf(taken ?? slot);
  });
  const i32 = new Int32Array(memory.buffer);

  const run = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind === "dispatch") {
        const kernel = plan.kernels[step.kernel] as Plan["kernels"][number];
        const f = instance.exports[kernel.export as string] as (...args: number[]) => void;
        const buffers = step.slots.map((slot) => addresses[slot] as number);
        for (let part = 0; part < parts; part++) {
          const [low, high] = [part, part + 1].map((i) => Math.floor((kernel.grid * i) / parts)) as [number, number];
          if (low < high) f(...buffers, scratch, low, high);
        }
        continue;
      }
      for (let i = 0; i < step.count; i++) {
        i32[(addresses[step.counter] as number) / 4] = step.reverse ? step.count - 1 - i : i;
        run(step.body);
        for (const [a, b] of step.swaps) {
          const kept = addresses[a] as number;
          addresses[a] = addresses[b] as number;
          addresses[b] = kept;
        }
      }
    }
  };
  const set = (
    kind: "argument" | "bound",
    index: number,
    dtype: keyof typeof views,
    values: ArrayLike<number>,
  ): void => {
    // An argument that a result takes over may have no slot but the result's.
    const over = kind === "argument" ? plan.takesOver.indexOf(index) : -1;
    for (const [i, slot] of plan.slots.entries())
      if ((slot.kind === kind && slot.index === index) || (slot.kind === "result" && slot.index === over))
        new views[dtype](memory.buffer, addresses[i] as number, values.length).set(values);
  };
  bound.forEach((values, i) => void set("bound", i, plan.bound[i]?.dtype ?? "f32", values));
  run(plan.load);
  return {
    call: (args) => {
      args.forEach((values, i) => void set("argument", i, plan.arguments[i]?.dtype ?? "f32", values));
      run(plan.call);
      return plan.results.map(({ dtype, shape }, index) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const at = plan.slots.findIndex((slot) => slot.kind === "result" && slot.index === index);
        if (at < 0) return new views[dtype](size);
        return new views[dtype](memory.buffer, addresses[at] as number, size).slice();
      });
    },
  };
};
