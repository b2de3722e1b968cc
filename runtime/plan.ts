/**
 * Plan: what the compiler hands the runtime. It is self-contained: a plan runs where no compiler is installed.
 *
 *   plan = kernels, slots, constants, parameters, results, load steps, call steps
 *   step = dispatch kernel(slot, …) | loop of steps
 *
 * A slot is a stretch of memory that steps name by number. Elements are four bytes each: f32 (f16 too, rounded), i32, u32,
 * and bool as the u32 0 or 1; all values are in row-major order where a caller sees them. The load steps run once for bound
 * arguments and fill the `packed` slots; the call steps run at each call.
 */

import type { DType } from "../dsl/dtype.ts";

export const planVersion = 1;

/** How leaves stand in a tree of arguments or results: `null` is a tensor. */
export type Tree = null | readonly Tree[] | { readonly [key: string]: Tree };

export type DeviceKind = "wasm" | "webgpu";

/** One compiled kernel. */
export interface PlanKernel {
  readonly name: string;
  /** For each buffer that it takes, in order. */
  readonly access: readonly ("read" | "write" | "readwrite")[];
  /** Points of the grid: on WASM what threads share out, on WebGPU invocations or workgroups. */
  readonly grid: number;
  /** WebGPU: the WGSL text (entry `main`, buffer i is binding i of group 0), and workgroups to dispatch. */
  readonly wgsl?: string;
  readonly workgroups?: readonly [x: number, y: number, z: number];
  /**
   * WASM: an export of the module, `(address of each buffer …, scratch address, low, high)`, that runs the points from low
   * to high of the grid.
   */
  readonly export?: string;
  readonly flops: number;
  readonly bytes: number;
}

/**
 * Where a slot lies:
 * - `argument` i and `result` i of a call: memory of the caller's tensors;
 * - `bound` i: the i-th bound parameter as the caller gives it, there only while load steps read it;
 * - `constant`: at `offset` of the plan's constants;
 * - `packed`: made by load steps, and kept with the bound plan, at `offset` of its memory;
 * - `temporary`: at `offset` of the arena of calls (or, in load steps, of the arena of loading);
 * - `counter`: the i32 step of a loop, set by whoever runs it.
 */
export interface Slot {
  readonly kind: "argument" | "result" | "bound" | "constant" | "packed" | "temporary" | "counter";
  readonly bytes: number;
  /** Argument, result or bound parameter number. */
  readonly index?: number;
  readonly offset?: number;
  /** From the source, for messages. */
  readonly name: string;
}

export interface DispatchStep {
  readonly kind: "dispatch";
  readonly kernel: number;
  /** A slot for each buffer of the kernel. */
  readonly slots: readonly number[];
  /** `unet.ts:41 unet / inputBlocks.3`: the line that made it, for messages and timings. */
  readonly source: string;
}

/** Runs `body` `count` times. The counter is the step, from the last down to 0 where `reverse`. */
export interface LoopStep {
  readonly kind: "loop";
  readonly count: number;
  readonly reverse: boolean;
  readonly counter: number;
  /** Pairs of slots that change places after each iteration: what the body wrote in the second is read as the first. */
  readonly swaps: readonly (readonly [number, number])[];
  readonly body: readonly Step[];
}

export type Step = DispatchStep | LoopStep;

export interface PlanTensor {
  /** `params.first.weight` */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface PlanParameter {
  readonly name: string;
  /** `"static"`: known when the plan was made; it stands in calls and is not looked at. */
  readonly tree: Tree | "static";
  /** Frozen by `bind`, and no argument of calls. */
  readonly bound: boolean;
  /** Its tensors are spent when a call starts, and their memory may become results. */
  readonly donated: boolean;
}

export interface Plan {
  readonly version: number;
  /** The exported function. */
  readonly name: string;
  readonly device: DeviceKind;
  readonly parameters: readonly PlanParameter[];
  /** The tensors of the parameters that are not bound, in order; those that are. */
  readonly arguments: readonly PlanTensor[];
  readonly bound: readonly PlanTensor[];
  readonly result: Tree;
  readonly results: readonly PlanTensor[];
  /** For each result, the argument whose memory it takes over (a donated one); `null` for memory of its own. */
  readonly takesOver: readonly (number | null)[];
  readonly kernels: readonly PlanKernel[];
  readonly slots: readonly Slot[];
  readonly load: readonly Step[];
  readonly call: readonly Step[];
  /** Bytes of the arena of calls, of that of loading, of what loading keeps; and the largest sum of live values in a call. */
  readonly memory: {
    readonly call: number;
    readonly load: number;
    readonly packed: number;
    readonly scratch: number;
    readonly live: number;
  };
  /** Bytes, aligned as the offsets of constant slots say. */
  readonly constants: Uint8Array;
  /**
   * WASM: the module in plain SIMD, and in relaxed SIMD. Each imports `env.memory`, a shared memory; where there is none,
   * the byte at `memoryFlags` (3, shared) may be made 1.
   */
  readonly modules?: { readonly plain: Uint8Array; readonly relaxed: Uint8Array; readonly memoryFlags: number };
}
