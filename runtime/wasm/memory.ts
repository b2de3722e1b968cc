/** The one memory of a WebAssembly device, and who has which part of it. */

import type { Memory } from "../backend.ts";
import { showBytes } from "../bytes.ts";
import { DeviceError } from "../errors.ts";
import { makeAllocator } from "./allocator.ts";
import { controlBytes } from "./control.js";

export interface WasmMemory extends Memory {
  readonly address: number;
}

export interface Heap {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  /** @throws DeviceError where the memory does not grow so far */
  readonly allocate: (bytes: number, what: string) => WasmMemory;
  readonly free: (memory: WasmMemory) => void;
  readonly bytes: (memory: WasmMemory, bytes: number) => Uint8Array;
}

const page = 65536;

/** The largest memory that opens: addresses end at 4 GiB, and some machines give less. */
const open = (): { readonly memory: WebAssembly.Memory; readonly shared: boolean; readonly maximum: number } => {
  let reason: unknown;
  for (const shared of typeof SharedArrayBuffer === "function" ? [true, false] : [false])
    for (const maximum of [65536, 32768, 16384])
      try {
        return { memory: new WebAssembly.Memory({ initial: 1, maximum, shared }), shared, maximum };
      } catch (error) {
        reason = error;
      }
  throw new DeviceError(`no memory for a WebAssembly device: ${reason}; close other tabs or programs`);
};

export const makeHeap = (): Heap => {
  const { memory, shared, maximum } = open();
  const grow = (end: number): number | undefined => {
    const now = memory.buffer.byteLength / page;
    const wanted = Math.ceil(end / page);
    if (wanted > maximum) return undefined;
    try {
      memory.grow(wanted - now);
    } catch {
      return undefined;
    }
    return wanted * page;
  };
  const { allocate, free, used } = makeAllocator(controlBytes, page, grow);
  return {
    memory,
    shared,
    allocate: (bytes, what) => {
      const address = allocate(bytes);
      if (address === undefined)
        throw new DeviceError(
          `no memory for ${what}: ${showBytes(bytes)} (${bytes} bytes) beside ${showBytes(used())} in use, of ${showBytes(maximum * page)}; dispose of tensors and plans that are not needed, or use a smaller batch`,
        );
      return { bytes, address };
    },
    free: ({ address }) => free(address),
    bytes: ({ address }, bytes) => new Uint8Array(memory.buffer, address, bytes),
  };
};
