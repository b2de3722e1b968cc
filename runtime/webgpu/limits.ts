/** A plan against the limits of a device, where it is loaded: beyond them kernels would compute zeros without a word. */

import { showBytes } from "../bytes.ts";
import { DeviceError } from "../errors.ts";
import type { Plan } from "../plan.ts";

/** @throws DeviceError that names the tensor or kernel */
export const checkLimits = ({ name, slots, kernels, constants }: Plan, limits: GPUSupportedLimits): void => {
  const refuse = (text: string): never => {
    throw new DeviceError(`${name} does not fit this device: ${text}; use a smaller batch, or openDevice('wasm')`);
  };
  const { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage } = limits;
  // Buffers are whole multiples of 256 bytes.
  for (const { name: tensor, bytes } of slots)
    if (Math.ceil(bytes / 256) * 256 > maxStorageBufferBindingSize)
      refuse(`${tensor} has ${showBytes(bytes)}, and a kernel reaches ${showBytes(maxStorageBufferBindingSize)}`);
  if (constants.length > maxBufferSize)
    refuse(`its constants have ${showBytes(constants.length)}, and a buffer ${showBytes(maxBufferSize)}`);
  for (const { name: kernel, access, workgroups = [] } of kernels) {
    if (access.length > maxStorageBuffersPerShaderStage)
      refuse(`${kernel} takes ${access.length} buffers, of ${maxStorageBuffersPerShaderStage}`);
    for (const count of workgroups)
      if (count > limits.maxComputeWorkgroupsPerDimension)
        refuse(`${kernel} has ${count} workgroups along an axis, of ${limits.maxComputeWorkgroupsPerDimension}`);
  }
};
