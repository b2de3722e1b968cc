/** Buffers of a WebGPU device: for tensors, reused by size, and for areas in which slots lie at offsets. */

import type { Area, Memory } from "../backend.ts";
import { showBytes } from "../bytes.ts";
import { DeviceError } from "../errors.ts";
import type { Slot } from "../plan.ts";
import type { Health } from "./health.ts";

/** A stretch of a buffer, as kernels have it bound. `id` tells ranges apart, and is the same for equal ones of a tensor. */
export interface Range {
  readonly id: number;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

export interface WebgpuMemory extends Memory {
  readonly range: Range;
}

export interface WebgpuArea extends Area {
  /** By slot. */
  readonly ranges: ReadonlyMap<number, Range>;
}

export interface Buffers {
  readonly allocate: (bytes: number, what: string) => Promise<WebgpuMemory>;
  readonly free: (memory: WebgpuMemory) => void;
  readonly write: (memory: WebgpuMemory, bytes: Uint8Array) => void;
  readonly read: (memory: WebgpuMemory, bytes: number) => Promise<Uint8Array<ArrayBuffer>>;
  /** Memory for the slots that are given by number, each at its offset. */
  readonly area: (slots: readonly (readonly [number, Slot])[], what: string) => Promise<WebgpuArea>;
}

// The values of `GPUBufferUsage` and `GPUMapMode`, which Node has not as globals.
const storage = 0x80 | 0x8 | 0x4;
const staging = 0x1 | 0x8;
const mapRead = 0x1;

/** Offsets of bindings are multiples of it on every device. */
const alignment = 256;
const align = (bytes: number, to = alignment): number => Math.max(to, Math.ceil(bytes / to) * to);

/** Kernels read vectors of four elements, the last of a buffer too. */
const bindingSize = (bytes: number): number => align(bytes, 16);

/** Buffers that wait to be used again, in bytes: results of one call are often the next one's. */
const mostIdle = 256 * 2 ** 20;
/** Smaller ones are not waited for: that they were refused is reported by what runs next. */
const trusted = 2 ** 20;

let nextId = 1;
export const rangeOf = (buffer: GPUBuffer, offset: number, bytes: number): Range => ({
  id: nextId++,
  buffer,
  offset,
  size: bindingSize(bytes),
});

/** Slots of an area whose bytes overlap, in order of offset: what must lie in one buffer. */
const clustersOf = (slots: readonly (readonly [number, Slot])[]): (readonly [number, Slot])[][] => {
  const sorted = [...slots].sort(([, a], [, b]) => (a.offset as number) - (b.offset as number));
  const clusters: (readonly [number, Slot])[][] = [];
  let end = 0;
  for (const entry of sorted) {
    const { offset = 0, bytes } = entry[1];
    if (clusters.length === 0 || offset >= end) clusters.push([entry]);
    else clusters.at(-1)?.push(entry);
    end = Math.max(end, offset + align(bytes));
  }
  return clusters;
};

export const makeBuffers = (device: GPUDevice, health: Health): Buffers => {
  const { queue, limits } = device;
  const idle = new Map<number, Range[]>();
  let idleBytes = 0;

  const dropIdle = (): void => {
    for (const ranges of idle.values()) for (const { buffer } of ranges) buffer.destroy();
    idle.clear();
    idleBytes = 0;
  };
  const refused = (size: number, what: string, why: string): DeviceError =>
    new DeviceError(
      `no memory for ${what}: ${showBytes(size)} (${size} bytes); ${why}; dispose of tensors and plans that are not needed, or use a smaller batch`,
    );

  /** A buffer, or nothing where the device has no memory for it. */
  const tryBuffer = async (size: number, what: string): Promise<GPUBuffer | undefined> => {
    device.pushErrorScope("out-of-memory");
    const buffer = device.createBuffer({ size, usage: storage, label: what });
    const scope = device.popErrorScope();
    if (size < trusted) {
      scope.then(
        (error) => error && health.report(refused(size, what, error.message)),
        () => undefined,
      );
      return buffer;
    }
    const error = await health.guard(scope);
    if (error === null) return buffer;
    buffer.destroy();
    return undefined;
  };
  const makeBuffer = async (size: number, what: string): Promise<GPUBuffer> => {
    health.check();
    if (size > limits.maxBufferSize)
      throw refused(size, what, `a buffer of this device has ${showBytes(limits.maxBufferSize)} at most`);
    const first = await tryBuffer(size, what);
    if (first !== undefined) return first;
    dropIdle();
    const second = await tryBuffer(size, what);
    if (second === undefined) throw refused(size, what, "the device has no more");
    return second;
  };

  const allocate = async (bytes: number, what: string): Promise<WebgpuMemory> => {
    const size = align(bytes);
    const reused = idle.get(size)?.pop();
    if (reused !== undefined) {
      idleBytes -= size;
      return { bytes, range: reused };
    }
    const buffer = await makeBuffer(size, what);
    return { bytes, range: rangeOf(buffer, 0, size) };
  };
  const free = ({ range }: WebgpuMemory): void => {
    const { buffer, size } = range;
    if (idleBytes + size > mostIdle) {
      buffer.destroy();
      return;
    }
    idleBytes += size;
    const ranges = idle.get(size);
    if (ranges === undefined) idle.set(size, [range]);
    else ranges.push(range);
  };

  const read = async ({ range }: WebgpuMemory, bytes: number): Promise<Uint8Array<ArrayBuffer>> => {
    health.check();
    if (bytes === 0) return new Uint8Array(0);
    const buffer = device.createBuffer({ size: bytes, usage: staging, label: "read" });
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(range.buffer, range.offset, buffer, 0, bytes);
      queue.submit([encoder.finish()]);
      await health.guard(buffer.mapAsync(mapRead));
      health.check();
      return new Uint8Array(buffer.getMappedRange().slice(0));
    } finally {
      buffer.destroy();
    }
  };

  const area = async (slots: readonly (readonly [number, Slot])[], what: string): Promise<WebgpuArea> => {
    const ranges = new Map<number, Range>();
    const buffers: GPUBuffer[] = [];
    const release = (): void => {
      for (const buffer of buffers.splice(0)) buffer.destroy();
    };
    try {
      for (const cluster of clustersOf(slots)) {
        const [start, end] = [
          Math.min(...cluster.map(([, { offset = 0 }]) => offset)),
          Math.max(...cluster.map(([, { offset = 0, bytes }]) => offset + align(bytes))),
        ];
        const names = cluster.slice(0, 3).map(([, { name }]) => name);
        const buffer = await makeBuffer(end - start, `${what} (${names.join(", ")}${cluster.length > 3 ? ", …" : ""})`);
        buffers.push(buffer);
        for (const [slot, { offset = 0, bytes }] of cluster) ranges.set(slot, rangeOf(buffer, offset - start, bytes));
      }
    } catch (error) {
      release();
      throw error;
    }
    return { ranges, release };
  };

  return {
    allocate,
    free,
    write: ({ range }, bytes) => queue.writeBuffer(range.buffer, range.offset, bytes as Uint8Array<ArrayBuffer>),
    read,
    area,
  };
};
