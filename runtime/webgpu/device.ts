/** The WebGPU device. */

import type { Backend } from "../backend.ts";
import type { Device } from "../device.ts";
import { DeviceError } from "../errors.ts";
import { makeDevice } from "../make-device.ts";
import { describeAdapter, findAdapter, isSoftware, requestDevice } from "./adapter.ts";
import { watchHealth } from "./health.ts";
import { makeBuffers, type WebgpuMemory } from "./memory.ts";
import type { WebgpuOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { makeSubmit } from "./submit.ts";

/**
 * Opens a graphics processor.
 * @throws DeviceError where there is none, or only one that computes in software and was not asked for
 */
export const openWebgpu = async (options: WebgpuOptions = {}): Promise<Device> => {
  const adapter = await findAdapter(options);
  const device = await requestDevice(adapter);
  const health = watchHealth(device);
  const buffers = makeBuffers(device, health);
  const submit = makeSubmit(device, health);
  const backend: Backend = {
    kind: "webgpu",
    description: describeAdapter(adapter),
    software: isSoftware(adapter),
    allocate: buffers.allocate,
    free: (memory) => buffers.free(memory as WebgpuMemory),
    write: (memory, bytes) => buffers.write(memory as WebgpuMemory, bytes),
    read: (memory, bytes) => buffers.read(memory as WebgpuMemory, bytes),
    prepare: (plan, options) => prepare({ device, health, buffers, submit }, plan, options),
    lost: health.lost,
    close: () => {
      health.lose(new DeviceError("the device was closed"));
      device.destroy();
    },
  };
  return makeDevice(backend);
};
