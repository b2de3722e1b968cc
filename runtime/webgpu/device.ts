/** The WebGPU device. */

import type { Device } from "../device.ts";
import { DeviceError } from "../errors.ts";

export interface WebgpuOptions {
  /** Where adapters come from: `navigator.gpu`, if nothing is said. */
  readonly gpu?: unknown;
  /** Takes an adapter that computes in software, too. */
  readonly software?: boolean;
}

export const openWebgpu = async (_: WebgpuOptions = {}): Promise<Device> => {
  throw new DeviceError("internal: not there yet");
};
