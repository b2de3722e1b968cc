/** The devices that tests of the runtime run on, and values to put there. */

import type { Device, DeviceTensor } from "../../runtime/device.ts";
import type { DeviceKind } from "../../runtime/plan.ts";
import { openWasm } from "../../runtime/wasm/device.ts";
import { openWebgpu } from "../../runtime/webgpu/device.ts";
import { testGpu } from "../support/webgpu.ts";

const gpu = await testGpu();

/** WebGPU only where this machine has an adapter, a software one at least. */
export const kinds: readonly { readonly kind: DeviceKind; readonly missing: boolean }[] = [
  { kind: "wasm", missing: false },
  { kind: "webgpu", missing: gpu === undefined },
];

export const open = (kind: DeviceKind): Promise<Device> =>
  kind === "wasm" ? openWasm({ threads: 2 }) : openWebgpu({ ...(gpu && { gpu }), software: true });

export const host = (size: number, value: (i: number) => number) => ({
  dtype: "f32" as const,
  shape: [size],
  data: Float32Array.from({ length: size }, (_, i) => value(i)),
});

export const elements = async (tensor: unknown): Promise<number[]> =>
  Array.from((await (tensor as DeviceTensor).read()).data as Float32Array);

/** What a promise rejects with. */
export const failure = async (promise: Promise<unknown>): Promise<Error> => {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
};
