/** Runs kernels as WebAssembly, between words that must stay as they are. */

import { assemble, type WasmModules } from "../../compiler/codegen/assemble.ts";
import { scratchBytes } from "../../compiler/codegen/wat.ts";
import { gridSize, type Kernel } from "../../compiler/kernel/kernel.ts";
import type { Elements } from "./kernel-interpreter.ts";

type Run = (...args: readonly number[]) => void;

export interface WasmKernels {
  readonly modules: WasmModules;
  /** Runs one of the kernels, the points cut in so many parts; the arguments hold the results after it. */
  readonly run: (kernel: number, args: readonly Elements[], parts?: number) => void;
}

const guard = 0x5afe5afe;

export const hasRelaxedSimd = (modules: WasmModules): boolean =>
  WebAssembly.validate(modules.relaxed as Uint8Array<ArrayBuffer>);

export const wasmKernels = async (
  kernels: readonly Kernel[],
  form: "plain" | "relaxed" = "plain",
): Promise<WasmKernels> => {
  const modules = await assemble(kernels);
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared: true });
  const compiled = await WebAssembly.compile(modules[form] as Uint8Array<ArrayBuffer>);
  const { exports } = await WebAssembly.instantiate(compiled, { env: { memory } });
  const run: WasmKernels["run"] = (at, args, parts = 1) => {
    const kernel = kernels[at] as Kernel;
    // The first buffer begins at a low address: whatever is computed before it would wrap round.
    let next = 4;
    const guards = [0];
    const take = (bytes: number): number => {
      const address = next;
      next += Math.ceil(bytes / 4) * 4;
      guards.push(next);
      next += 4;
      return address;
    };
    const addresses = args.map((elements) => take(elements.byteLength));
    const scratch = take(scratchBytes(kernel));
    const missing = next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    const words = new Uint32Array(memory.buffer);
    for (const place of guards) words[place / 4] = guard;
    const viewOf = (i: number): Uint32Array => words.subarray((addresses[i] as number) / 4);
    args.forEach((elements, i) => {
      viewOf(i).set(new Uint32Array(elements.buffer, elements.byteOffset, elements.length));
    });
    const points = gridSize(kernel);
    const start = (part: number): number => Math.floor((points * part) / parts);
    for (let part = 0; part < parts; part++)
      (exports[modules.exports[at] as string] as Run)(...addresses, scratch, start(part), start(part + 1));
    args.forEach((elements, i) => {
      new Uint32Array(elements.buffer, elements.byteOffset, elements.length).set(
        viewOf(i).subarray(0, elements.length),
      );
    });
    for (const place of guards)
      if (words[place / 4] !== guard) throw new Error(`${kernel.name} wrote outside its buffers, at byte ${place}`);
  };
  return { modules, run };
};
