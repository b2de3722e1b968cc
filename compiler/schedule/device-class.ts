/**
 * Device classes: what schedules need to know of a device, as numbers. No pass asks for a device by name.
 */

import type { DeviceKind } from "../../runtime/plan.ts";

export interface DeviceClass {
  readonly name: string;
  readonly kind: DeviceKind;
  /** Global buffers that one kernel may take. */
  readonly bindings: number;
  /** Bytes to which the places of buffers are aligned. */
  readonly alignment: number;
  /** Vector registers that a register tile may fill. */
  readonly registers: number;
  /** Bytes of the cache that one thread has to itself. */
  readonly cache: number;
  /** Grid points that are worth having: below, the machine is not full. */
  readonly parallelism: number;
  /** Elements that one grid point of a map computes, about. */
  readonly elements: number;
  /** Threads of a workgroup that share memory and barriers; 1 where grid points are alone. */
  readonly workgroup: number;
  /** Bytes of workgroup memory. */
  readonly workgroupMemory: number;
  /** Whether index arithmetic at run time costs as much as other arithmetic, and code size delays the first run. */
  readonly interpreted: boolean;
}

export const deviceClasses = {
  /** WebAssembly: f32x4, 16 registers, as many threads as the user gives. */
  wasm: {
    name: "wasm",
    kind: "wasm",
    bindings: 64,
    alignment: 64,
    registers: 16,
    cache: 1 << 20,
    parallelism: 32,
    elements: 8192,
    workgroup: 1,
    workgroupMemory: 0,
    interpreted: false,
  },
  /** WebGPU on a graphics processor. */
  webgpu: {
    name: "webgpu",
    kind: "webgpu",
    bindings: 8,
    alignment: 256,
    registers: 64,
    cache: 1 << 15,
    parallelism: 1 << 15,
    elements: 4,
    workgroup: 256,
    workgroupMemory: 1 << 14,
    interpreted: false,
  },
  /** WebGPU on a processor: lavapipe, SwiftShader. Barriers are dear, and so is every instruction of a kernel. */
  software: {
    name: "software",
    kind: "webgpu",
    bindings: 8,
    alignment: 256,
    registers: 16,
    cache: 1 << 20,
    parallelism: 256,
    elements: 256,
    workgroup: 1,
    workgroupMemory: 0,
    interpreted: true,
  },
} as const satisfies Record<string, DeviceClass>;

export type DeviceClassName = keyof typeof deviceClasses;
