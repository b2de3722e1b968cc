/** Runs a contraction's kernels in order on WebAssembly, with services that keep derived buffers and temporaries in memory. */

import { assemble } from "../../compiler/codegen/assemble.ts";
import { scratchBytes } from "../../compiler/codegen/wat.ts";
import { type Buffer, gridSize, type Kernel } from "../../compiler/kernel/kernel.ts";
import type { ScheduleServices } from "../../compiler/schedule/contraction.ts";
import { type DeviceClass, deviceClasses } from "../../compiler/schedule/device-class.ts";
import { cheapestWay } from "../../compiler/schedule/weight-forms.ts";

export interface Services extends ScheduleServices {
  /** The kernels that derived buffers need, in the order of the requests. */
  readonly derived: readonly Kernel[];
  readonly lines: readonly string[];
}

const floats = (name: string, size: number): Buffer => ({
  name,
  storage: "f32",
  space: "global",
  access: "readwrite",
  size,
});

export const contractionServices = (
  frozen: readonly Buffer[] = [],
  device: DeviceClass = deviceClasses.wasm,
): Services => {
  const known = new Map<string, Buffer>();
  const derived: Kernel[] = [];
  const lines: string[] = [];
  return {
    device,
    derived,
    lines,
    derive: ({ key, name, size, source, build }) => {
      const full = `${source.name} ${key}`;
      let buffer = known.get(full);
      if (buffer === undefined) {
        buffer = floats(name, size);
        known.set(full, buffer);
        derived.push(build(buffer));
      }
      return buffer;
    },
    isFrozen: ({ buffer }) => frozen.includes(buffer),
    choose: ({ ways, bytePrice }) => cheapestWay(ways, bytePrice),
    temporary: floats,
    log: (line) => void lines.push(line),
  };
};

export interface LoadedKernels {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: (buffer: Buffer) => Float32Array;
  /** Runs points of one kernel. */
  readonly run: (kernel: Kernel, low?: number, high?: number) => void;
  readonly address: (buffer: Buffer) => number;
  readonly text: string;
}

/** A memory that holds all buffers of the kernels, and the kernels compiled against it. */
export const loadKernels = async (
  kernels: readonly Kernel[],
  form: "plain" | "relaxed" = "plain",
): Promise<LoadedKernels> => {
  const buffers = [...new Set(kernels.flatMap((kernel) => kernel.buffers))];
  const addresses = new Map<Buffer, number>();
  let next = 1024;
  // Alike to what an allocator gives: aligned, and not all at one offset of a page.
  for (const buffer of buffers) {
    addresses.set(buffer, next);
    next = Math.ceil((next + 4 * buffer.size + 192) / 64) * 64;
  }
  const scratch = next;
  next += Math.max(64, ...kernels.map(scratchBytes));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(next / 65536), maximum: 65536, shared: true });
  const modules = await assemble(kernels);
  const bytes = modules[form].slice();
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const run = (kernel: Kernel, low = 0, high = gridSize(kernel)): void => {
    const name = modules.exports[kernels.indexOf(kernel)] as string;
    const call = instance.exports[name] as (...args: number[]) => void;
    call(...kernel.buffers.map((buffer) => addresses.get(buffer) as number), scratch, low, high);
  };
  const address = (buffer: Buffer): number => addresses.get(buffer) as number;
  return {
    memory,
    bytes,
    run,
    address,
    view: (buffer) => new Float32Array(memory.buffer, address(buffer), buffer.size),
    text: modules.text,
  };
};

/** Fills the inputs, runs every kernel over its grid in uneven pieces, the last first, and gives the output. */
export const runContraction = async (
  kernels: readonly Kernel[],
  inputs: ReadonlyMap<Buffer, Float32Array>,
  output: Buffer,
  form: "plain" | "relaxed" = "plain",
): Promise<Float32Array> => {
  const loaded = await loadKernels(kernels, form);
  // What is not written must not look like zeros.
  new Float32Array(loaded.memory.buffer).fill(Number.NaN);
  for (const [buffer, data] of inputs) if (loaded.address(buffer) !== undefined) loaded.view(buffer).set(data);
  for (const kernel of kernels) {
    const points = gridSize(kernel);
    const middle = Math.floor((points * 2) / 5);
    loaded.run(kernel, middle, points);
    loaded.run(kernel, 0, middle);
  }
  return loaded.view(output).slice();
};
