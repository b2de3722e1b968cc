/** WebGPU for tests: Dawn in Node, on SwiftShader unless `VK_DRIVER_FILES` names a driver. */

import { useSwiftshader } from "./swiftshader.ts";

/** Dawn goes on with work of an instance that was collected, and falls: an instance lives as long as the process. */
let opened: Promise<GPU | undefined> | undefined;

const open = async (): Promise<GPU | undefined> => {
  if (!useSwiftshader()) return undefined;
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create(["backend=vulkan"]);
  return (await gpu.requestAdapter()) === null ? undefined : gpu;
};

/** What a browser has as `navigator.gpu`; `undefined` where this machine has none. */
export const testGpu = (): Promise<GPU | undefined> => {
  opened ??= open();
  return opened;
};

/** A device with the limits of its adapter. */
export const openTestGpu = async (): Promise<GPUDevice | undefined> => {
  const adapter = await (await testGpu())?.requestAdapter();
  if (!adapter) return undefined;
  const { maxComputeWorkgroupStorageSize, maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return adapter.requestDevice({
    requiredLimits: { maxComputeWorkgroupStorageSize, maxStorageBufferBindingSize, maxBufferSize },
  });
};

/** Fails with the compiler's messages and the text, if this is no valid module. A few tenths of a millisecond. */
export const validateWgsl = async (device: GPUDevice, code: string): Promise<GPUShaderModule> => {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const [info, error] = [await module.getCompilationInfo(), await device.popErrorScope()];
  const messages = info.messages.filter(({ type }) => type === "error");
  if (messages.length > 0 || error !== null) {
    const lines = messages.map(({ lineNum, linePos, message }) => `${lineNum}:${linePos} ${message}`);
    throw new Error(`${lines.join("\n") || error?.message}\n\n${code}`);
  }
  return module;
};
