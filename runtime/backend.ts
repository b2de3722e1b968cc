/** What a kind of device does: memory, and steps over it. All that users see of a device is built on this, once. */

import type { KernelTiming, LoadOptions, Signal } from "./device.ts";
import type { DeviceError } from "./errors.ts";
import type { DeviceKind, Plan } from "./plan.ts";
import type { Queue } from "./queue.ts";

/** Memory of one tensor. */
export interface Memory {
  readonly bytes: number;
}

/** Memory in which slots lie at offsets: the arena of loading, or what is packed. */
export interface Area {
  readonly release: () => void;
}

/** Runs the units from `from` to `to` (`steps.ts`) of the load or the call steps. */
export interface Run {
  readonly steps: "load" | "call";
  readonly from: number;
  readonly to: number;
  /** By the index of slots of each kind; bound ones only where the units read them. */
  readonly arguments: readonly Memory[];
  readonly results: readonly Memory[];
  readonly bound: readonly (Memory | undefined)[];
  readonly packed: Area | undefined;
  /** The arena of loading; calls have their own. */
  readonly temporary: Area | undefined;
  readonly onStep?: ((done: number, total: number) => void) | undefined;
  readonly signal?: Signal | undefined;
  readonly onTimings?: ((timings: readonly KernelTiming[]) => void) | undefined;
}

/** A plan made ready. */
export interface Prepared {
  /** Of one device one run goes on at a time. It may end when all is submitted, since reading waits. */
  readonly run: (run: Run) => Promise<void>;
  readonly reserve: (area: "packed" | "load") => Promise<Area>;
  readonly release: () => void;
}

export interface Backend {
  readonly kind: DeviceKind;
  readonly description: string;
  readonly software: boolean;
  /** @throws DeviceError where there is no such memory; `what` is what it is for */
  readonly allocate: (bytes: number, what: string) => Memory | Promise<Memory>;
  readonly free: (memory: Memory) => void;
  readonly write: (memory: Memory, bytes: Uint8Array) => void;
  readonly read: (memory: Memory, bytes: number) => Promise<Uint8Array<ArrayBuffer>>;
  /** What must not happen while something runs is done in the queue; compiling is not in it. */
  readonly prepare: (plan: Plan, options: LoadOptions, queue: Queue) => Promise<Prepared>;
  readonly lost: Promise<DeviceError>;
  readonly close: () => void;
}
