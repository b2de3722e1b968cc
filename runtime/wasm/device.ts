/** The WebAssembly device: one memory, and threads that run modules over it. */

import type { Backend } from "../backend.ts";
import type { Device } from "../device.ts";
import { makeDevice } from "../make-device.ts";
import { makeHeap, type WasmMemory } from "./memory.ts";
import { makeInline, makeThreads, type Pool } from "./pool.ts";
import { type Arena, prepare } from "./prepare.ts";

export interface WasmOptions {
  /** Workers; if nothing is said, as many as the machine runs at once, up to 32. */
  readonly threads?: number;
}

/** Node 20 has no `navigator`. */
const processors = async (): Promise<number> => {
  const known = globalThis.navigator?.hardwareConcurrency;
  if (known !== undefined) return known;
  const module = "node:os";
  return ((await import(/* @vite-ignore */ module)) as { availableParallelism(): number }).availableParallelism();
};

const threadsOf = async ({ threads }: WasmOptions): Promise<number> => {
  if (threads === undefined) return Math.min(32, await processors());
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new RangeError(`threads is ${threads}, and must be a whole number from 1 to 256`);
};

/**
 * Opens a device on the processor. Where memory cannot be shared (a page that is not cross-origin isolated), plans run in the
 * calling thread, which they block between the iterations of an outermost loop: serve the page with the headers
 * `Cross-Origin-Opener-Policy: same-origin` and `Cross-Origin-Embedder-Policy: require-corp`, or call from a worker.
 */
export const openWasm = async (options: WasmOptions = {}): Promise<Device> => {
  const threads = await threadsOf(options);
  const heap = makeHeap();
  const { memory, shared } = heap;
  const pool: Pool = shared ? await makeThreads(memory, threads) : makeInline(memory);
  const arena: Arena = { memory: undefined };
  const backend: Backend = {
    kind: "wasm",
    description: `wasm, ${pool.threads} thread${pool.threads === 1 ? "" : "s"}${shared ? "" : ", no shared memory"}`,
    software: false,
    allocate: (bytes, what) => {
      pool.check();
      return heap.allocate(bytes, what);
    },
    free: (memory) => heap.free(memory as WasmMemory),
    write: (memory, bytes) => heap.bytes(memory as WasmMemory, bytes.length).set(bytes),
    read: async (memory, bytes) => {
      pool.check();
      return heap.bytes(memory as WasmMemory, bytes).slice() as Uint8Array<ArrayBuffer>;
    },
    prepare: (plan, options, queue) => prepare({ heap, pool, arena }, plan, options, queue),
    lost: pool.lost,
    close: pool.close,
  };
  return makeDevice(backend);
};
