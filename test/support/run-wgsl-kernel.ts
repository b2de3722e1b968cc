/** Runs a kernel on a WebGPU device. */

import { wgsl } from "../../compiler/codegen/wgsl.ts";
import type { Kernel } from "../../compiler/kernel/kernel.ts";
import type { Elements } from "./kernel-interpreter.ts";
import { validateWgsl } from "./webgpu.ts";

const { STORAGE, COPY_DST, COPY_SRC, MAP_READ } = {
  STORAGE: 0x80,
  COPY_DST: 0x8,
  COPY_SRC: 0x4,
  MAP_READ: 0x1,
};

/** Runs all points of the grid; the arguments hold the results after it. */
export const runWgslKernel = async (
  device: GPUDevice,
  kernel: Kernel,
  args: readonly Elements[],
  readOnly: readonly boolean[] = [],
): Promise<void> => {
  const { text, access, workgroups } = wgsl(kernel, { readOnly });
  const module = await validateWgsl(device, text);
  device.pushErrorScope("validation");
  const layout = device.createBindGroupLayout({
    entries: access.map((each, binding) => ({
      binding,
      visibility: 4,
      buffer: { type: each === "read" ? "read-only-storage" : "storage" },
    })),
  });
  const pipeline = device.createComputePipeline({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module, entryPoint: "main" },
  });
  const buffers = args.map((elements) => {
    const buffer = device.createBuffer({ size: elements.byteLength, usage: STORAGE | COPY_DST | COPY_SRC });
    device.queue.writeBuffer(buffer, 0, elements as Elements & ArrayBufferView<ArrayBuffer>);
    return buffer;
  });
  const reads = args.map((elements) => device.createBuffer({ size: elements.byteLength, usage: MAP_READ | COPY_DST }));
  const group = device.createBindGroup({
    layout,
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  for (const [i, buffer] of buffers.entries())
    encoder.copyBufferToBuffer(buffer, 0, reads[i] as GPUBuffer, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  const error = await device.popErrorScope();
  if (error !== null) throw new Error(`${error.message}\n\n${text}`);
  for (const [i, read] of reads.entries()) {
    await read.mapAsync(1);
    const words = new Uint32Array(read.getMappedRange());
    const elements = args[i] as Elements;
    new Uint32Array(elements.buffer, elements.byteOffset, elements.length).set(words);
    read.destroy();
  }
  for (const buffer of buffers) buffer.destroy();
};
