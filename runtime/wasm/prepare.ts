/** A plan made ready for a WebAssembly device: its module in each thread, its constants in memory, an address for each slot. */

import type { Area, Prepared, Run } from "../backend.ts";
import type { LoadOptions } from "../device.ts";
import type { Plan } from "../plan.ts";
import type { Queue } from "../queue.ts";
import { chunksOf, countIterations, dispatchesOf, swapBefore } from "../steps.ts";
import type { Command } from "./execute.js";
import type { Heap, WasmMemory } from "./memory.ts";
import type { Pool } from "./pool.ts";

/** Temporaries do not outlive a call, and calls run one after the other, so the plans of a device share their arena. */
export interface Arena {
  memory: WasmMemory | undefined;
}

interface Machine {
  readonly heap: Heap;
  readonly pool: Pool;
  readonly arena: Arena;
}

interface WasmArea extends Area {
  readonly memory: WasmMemory;
}

let nextId = 1;

const page = 4096;

/** The relaxed form where the engine has it; for a memory that is not shared, a module that says so. */
const moduleOf = (plan: Plan, shared: boolean): Promise<WebAssembly.Module> => {
  const { plain, relaxed, memoryFlags } = plan.modules as NonNullable<Plan["modules"]>;
  const bytes = WebAssembly.validate(relaxed as BufferSource) ? relaxed : plain;
  if (shared) return WebAssembly.compile(bytes as BufferSource);
  const patched = bytes.slice();
  patched[memoryFlags] = 1;
  return WebAssembly.compile(patched);
};

const reserveArena = ({ heap, arena }: Machine, bytes: number, what: string): void => {
  if (arena.memory !== undefined && arena.memory.bytes >= bytes) return;
  if (arena.memory !== undefined) heap.free(arena.memory);
  arena.memory = undefined;
  arena.memory = heap.allocate(bytes, what);
};

export const prepare = async (
  machine: Machine,
  plan: Plan,
  { onProgress, signal }: LoadOptions,
  queue: Queue,
): Promise<Prepared> => {
  const { heap, pool, arena } = machine;
  const { name, kernels, slots, constants, memory } = plan;
  const module = await moduleOf(plan, heap.shared);
  signal?.throwIfAborted();
  onProgress?.(1, 2, "compiled");

  const id = nextId++;
  const counters = slots.flatMap(({ kind }, slot) => (kind === "counter" ? [slot] : []));
  const owned: WasmMemory[] = [];
  const own = (bytes: number, what: string): WasmMemory => {
    const made = heap.allocate(bytes, `${what} of ${name}`);
    owned.push(made);
    return made;
  };
  const release = (): void => {
    pool.drop(id);
    for (const part of owned.splice(0)) heap.free(part);
  };

  const places = await queue(async () => {
    try {
      const fixed = own(constants.length, "the constants");
      heap.bytes(fixed, constants.length).set(constants);
      // A page between threads: one that reads ahead in its own memory takes lines from the next.
      const scratchBytes = memory.scratch === 0 ? 0 : (Math.ceil(memory.scratch / page) + 1) * page;
      const scratch = own(pool.threads * scratchBytes, "the scratch memory");
      const cells = own(pool.threads * counters.length * 64, "the counters");
      const table = own(4 * slots.length, "the table of slots");
      // Each has a time and a count for each dispatch step.
      const times = own(16 * Math.max(dispatchesOf(plan.call).length, dispatchesOf(plan.load).length), "the timings");
      reserveArena(machine, memory.call, `the values inside a call of ${name}`);
      await pool.load({
        id,
        name,
        module,
        kernels: kernels.map((kernel) => ({ export: kernel.export as string, name: kernel.name, grid: kernel.grid })),
        steps: { load: plan.load, call: plan.call },
        slots: slots.length,
        cells: cells.address,
        counters,
        scratch: scratch.address,
        scratchBytes,
      });
      return { fixed, table, times };
    } catch (error) {
      release();
      throw error;
    }
  });
  onProgress?.(2, 2, "loaded");

  /** Writes the address of each slot for one run. */
  const writeTable = ({ steps, from, arguments: args, results, bound, packed, temporary }: Run): void => {
    const bytes = heap.bytes(places.table, 4 * slots.length);
    const addresses = new Uint32Array(bytes.buffer, bytes.byteOffset, slots.length);
    const areas = {
      constant: places.fixed,
      packed: (packed as WasmArea | undefined)?.memory,
      temporary: (temporary as WasmArea | undefined)?.memory ?? arena.memory,
    };
    const tensors = { argument: args, result: results, bound };
    for (const [i, { kind, index, offset }] of slots.entries()) {
      if (kind === "counter") continue;
      if (kind === "argument" || kind === "result" || kind === "bound")
        addresses[i] = (tensors[kind][index as number] as WasmMemory | undefined)?.address ?? 0;
      else addresses[i] = (areas[kind]?.address ?? 0) + (offset as number);
    }
    swapBefore(addresses, plan[steps], from);
  };

  const timesOf = (run: Run): Float64Array => {
    const bytes = heap.bytes(places.times, 16 * dispatchesOf(plan[run.steps]).length);
    return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  };

  const run = async (run: Run): Promise<void> => {
    const { steps, from, to, onStep, signal, onTimings } = run;
    writeTable(run);
    if (onTimings) timesOf(run).fill(0);
    const command = { id, steps, table: places.table.address, times: onTimings ? places.times.address : 0 };
    // With nobody to tell between iterations, workers need not be woken for each.
    const pauses = onStep !== undefined || signal !== undefined || !heap.shared;
    const total = countIterations(plan[steps]);
    let first = true;
    for (const chunk of pauses ? chunksOf(plan[steps], from, to) : from < to ? [{ from, to }] : []) {
      signal?.throwIfAborted();
      await pool.run({ ...command, from: chunk.from, to: chunk.to, first } satisfies Command);
      first = false;
      if ("done" in chunk && chunk.done !== undefined) onStep?.(chunk.done, total);
    }
    if (onTimings) {
      const list = dispatchesOf(plan[steps]);
      const times = timesOf(run);
      onTimings(
        list.map(({ kernel, source }, i) => ({
          kernel: kernels[kernel]?.name as string,
          source,
          milliseconds: times[i] as number,
          runs: times[list.length + i] as number,
        })),
      );
    }
  };

  const reserve = async (area: "packed" | "load"): Promise<WasmArea> => {
    const what = area === "packed" ? "the packed weights" : "the values inside loading";
    const made = heap.allocate(memory[area], `${what} of ${name}`);
    return { memory: made, release: () => heap.free(made) };
  };
  return { run, reserve, release };
};
