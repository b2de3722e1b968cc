/** Opens a device: a graphics processor if there is one, else the processor. */

import type { Device } from "./device.ts";
import type { DeviceKind } from "./plan.ts";
import type { WasmOptions } from "./wasm/device.ts";
import type { WebgpuOptions } from "./webgpu/options.ts";

export interface DeviceOptions extends WasmOptions, WebgpuOptions {
  readonly kind?: DeviceKind;
}

const openWasm = async (options: WasmOptions): Promise<Device> => (await import("./wasm/device.ts")).openWasm(options);
const openWebgpu = async (options: WebgpuOptions): Promise<Device> =>
  (await import("./webgpu/device.ts")).openWebgpu(options);

/**
 * The device that is named; else WebGPU where a real graphics processor is found, and WebAssembly where none is. A software
 * adapter is used only where `software` asks for one.
 *
 * In Node, WebGPU is the package `webgpu` if it is installed, or the object passed as `gpu`.
 * @throws DeviceError where the device that is named is not there
 */
export const openDevice = async (options: DeviceKind | DeviceOptions = {}): Promise<Device> => {
  const wanted: DeviceOptions = typeof options === "string" ? { kind: options } : options;
  const { kind, gpu, software } = wanted;
  if (kind !== undefined && kind !== "wasm" && kind !== "webgpu")
    throw new RangeError(`${kind} is no device; they are "webgpu" and "wasm"`);
  if (kind === "wasm") return openWasm(wanted);
  if (kind === "webgpu" || gpu !== undefined || software) return openWebgpu(wanted);
  try {
    return await openWebgpu(wanted);
  } catch {
    return openWasm(wanted);
  }
};
