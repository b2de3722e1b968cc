/** Finds a graphics processor, in browsers and in Node. */

import { DeviceError } from "../errors.ts";
import type { WebgpuOptions } from "./options.ts";

/** Dawn goes on with the work of an instance that was collected, and falls: it lives as long as the process. */
let instance: GPU | undefined;

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly platform?: string;
  readonly dlopen?: (module: object, name: string) => void;
}

/**
 * Whether Linux lacks Vulkan's loader, without which Dawn finds nothing and writes a warning. It is no module of Node, so
 * opening it fails in any case; the error tells whether it was there.
 */
const lacksVulkan = ({ platform, dlopen }: NodeProcess): boolean => {
  if (platform !== "linux" || dlopen === undefined) return false;
  try {
    dlopen({ exports: {} }, "libvulkan.so.1");
  } catch (error) {
    return (error as Error).message.includes("cannot open shared object file");
  }
  return false;
};

const findGpu = async ({ gpu }: WebgpuOptions): Promise<GPU> => {
  if (gpu !== undefined) return gpu as GPU;
  const own = globalThis.navigator?.gpu;
  if (own !== undefined) return own;
  const { process } = globalThis as { readonly process?: NodeProcess };
  if (process?.versions?.node === undefined)
    throw new DeviceError(
      "this browser has no WebGPU on this page (it needs https or localhost); use openDevice('wasm')",
    );
  if (lacksVulkan(process))
    throw new DeviceError(
      "no graphics processor that WebGPU may use was found, and no libvulkan.so.1, which drivers bring; use openDevice('wasm')",
    );
  try {
    const module = "webgpu";
    const { create } = (await import(/* @vite-ignore */ module)) as { create(flags: readonly string[]): GPU };
    instance ??= create([]);
    return instance;
  } catch (error) {
    throw new DeviceError(
      `WebGPU in Node is the package "webgpu", which does not load; npm install webgpu, or use openDevice('wasm') (${(error as Error).message})`,
    );
  }
};

/** Whether an adapter computes on the processor: drivers for tests do. */
export const isSoftware = ({ info }: GPUAdapter): boolean =>
  info.isFallbackAdapter ||
  /swiftshader|llvmpipe|lavapipe|basic render|softpipe/i.test(
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`,
  );

export const describeAdapter = ({ info }: GPUAdapter): string =>
  info.description || [info.vendor, info.architecture, info.device].filter(Boolean).join(" ") || "unnamed adapter";

/** @throws DeviceError where there is none that may be used */
export const findAdapter = async (options: WebgpuOptions): Promise<GPUAdapter> => {
  const gpu = await findGpu(options);
  const adapter =
    (await gpu.requestAdapter({ powerPreference: "high-performance" })) ??
    (options.software ? await gpu.requestAdapter({ forceFallbackAdapter: true }) : null);
  if (adapter === null)
    throw new DeviceError("no graphics processor that WebGPU may use was found; use openDevice('wasm')");
  if (isSoftware(adapter) && !options.software)
    throw new DeviceError(
      `the only adapter, ${describeAdapter(adapter)}, computes in software; ask for it by { kind: "webgpu", software: true }, or use openDevice('wasm'), which is faster`,
    );
  return adapter;
};

const wantedFeatures = ["timestamp-query", "shader-f16", "subgroups"] as const;

/** A device with all that its adapter has. */
export const requestDevice = (adapter: GPUAdapter): Promise<GPUDevice> => {
  const requiredLimits: Record<string, number> = {};
  for (const name in adapter.limits) {
    const limit = adapter.limits[name as keyof GPUSupportedLimits];
    if (typeof limit === "number") requiredLimits[name] = limit;
  }
  const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[];
  return adapter.requestDevice({ requiredLimits, requiredFeatures });
};
