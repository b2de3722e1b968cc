/** What users hold: a device, tensors on it, and plans that were loaded into it. */

import type { DType } from "../dsl/dtype.ts";
import type { Host } from "../dsl/host.ts";
import type { In } from "../dsl/tensor.ts";
import type { DeviceError } from "./errors.ts";
import type { DeviceKind, Plan } from "./plan.ts";

// biome-ignore lint/suspicious/noExplicitAny: the type of the function itself says what it takes
export type AnyFunction = (...args: any) => unknown;

/** A tensor in the memory of a device. That memory is given back when nothing refers to the tensor any more. */
export interface DeviceTensor<
  // biome-ignore lint/suspicious/noExplicitAny: a tensor of any shape
  out S extends readonly unknown[] = any,
  out D extends DType = DType,
> {
  readonly shape: S;
  readonly dtype: D;
  /** A copy of the elements, as they are after the calls made so far. f16 gives its bits, bool 0 and 1. */
  readonly read: () => Promise<Host<S, D>>;
  /** Gives the memory back at once; a call that runs on it ends first. */
  readonly dispose: () => void;
}

type IsAny<P> = 0 extends 1 & P ? true : false;

/** What a call takes where the function takes P: tensors of the device or host data, and numbers where the rank is 0. */
export type Argument<P> =
  IsAny<P> extends true
    ? P
    : P extends In<infer S, infer D>
      ? DeviceTensor<S, D> | Host<S> | ([] extends S ? (D extends "bool" ? boolean : number) : never)
      : P extends object
        ? { readonly [K in keyof P]: Argument<P[K]> }
        : P;

export type Arguments<P extends unknown[]> = { [K in keyof P]: Argument<P[K]> };

/** What a call gives where the function gives R. */
export type Result<R> =
  IsAny<R> extends true
    ? R
    : R extends In<infer S, infer D>
      ? DeviceTensor<S, D>
      : { readonly [K in keyof R]: Result<R[K]> };

/** The dtype that host data has on a device. */
type PutDType<H> = H extends "f64" | "f32" | "bf16"
  ? "f32"
  : H extends "f16" | "bool"
    ? H
    : H extends "i64" | "i32" | "i16" | "i8"
      ? "i32"
      : H extends "u64" | "u32" | "u16" | "u8"
        ? "u32"
        : DType;

/** A shape that the checker knows as the language writes it, without `readonly`. */
// biome-ignore lint/suspicious/noExplicitAny: a shape that is known only when the program runs
type PutShape<S extends readonly unknown[]> = number extends S["length"] ? any : [...S];

/** Host data, its dtype perhaps not known to the checker. */
interface HostLike {
  readonly dtype: string;
  readonly shape: readonly unknown[];
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
}

/** A tree of host data as tensors. */
export type Put<P> =
  IsAny<P> extends true
    ? P
    : P extends DeviceTensor
      ? P
      : P extends HostLike
        ? DeviceTensor<PutShape<P["shape"]>, PutDType<P["dtype"]>>
        : { readonly [K in keyof P]: Put<P[K]> };

export interface KernelTiming {
  readonly kernel: string;
  /** The line of the program that it comes from. */
  readonly source: string;
  /** In this call, all runs together. */
  readonly milliseconds: number;
  readonly runs: number;
}

/** The part of an `AbortSignal` that is looked at. */
export interface Signal {
  readonly aborted: boolean;
  readonly throwIfAborted: () => void;
}

export interface CallOptions {
  /** After each iteration of an outermost loop: how many are done, of all of them. */
  readonly onStep?: (done: number, total: number) => void;
  /** Ends the call between two iterations of an outermost loop, or before it starts; it rejects with the reason. */
  readonly signal?: Signal;
  /** Measures each kernel, which slows the call down, and is called once at its end. */
  readonly onTimings?: (timings: readonly KernelTiming[]) => void;
}

export interface LoadOptions {
  /** How much is done, of `total`; what was done last. */
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly signal?: Signal;
}

/** Reads one bound tensor, by its name in the plan: `params.first.weight`. */
export type Reader = (name: string) => Host | DeviceTensor | Promise<Host | DeviceTensor>;

/** A plan in a device. F is the function; Bound is what it is without the bound parameters. */
export interface Loaded<F extends AnyFunction = AnyFunction, Bound extends AnyFunction = AnyFunction> {
  (...args: Arguments<Parameters<F>>): Promise<Result<ReturnType<F>>>;
  /** The same with options. */
  readonly call: (args: Arguments<Parameters<F>>, options?: CallOptions) => Promise<Result<ReturnType<F>>>;
  /**
   * Freezes the bound parameters: trees of host data by the names of the parameters, or a reader. Tensors are read one by
   * one, when packing needs them, and given back when it does not, so the whole never lies beside the packed copy.
   */
  readonly bind: (
    values: Readonly<Record<string, unknown>> | Reader,
    options?: LoadOptions,
  ) => Promise<Loaded<Bound, Bound>>;
  readonly plan: Plan;
  /** Gives back the memory that the plan works in, as happens when nothing refers to it any more. */
  readonly dispose: () => void;
}

export interface Device {
  readonly kind: DeviceKind;
  /** For people: `wasm, 8 threads`, or the name of the graphics processor. */
  readonly description: string;
  /** Whether it is a graphics processor that the processor computes for: plans for it are made otherwise. */
  readonly software: boolean;
  /** Loads a plan, or the bytes of a plan file, and makes ready all that it needs. */
  readonly load: <F extends AnyFunction = AnyFunction, Bound extends AnyFunction = AnyFunction>(
    plan: Plan | Uint8Array,
    options?: LoadOptions,
  ) => Promise<Loaded<F, Bound>>;
  /** Copies a tree of host data to the device. The data must not change until this is done. */
  readonly put: <const P>(tree: P) => Promise<Put<P>>;
  /** Settles when the device is lost or closed. `openDevice` gives a new one. */
  readonly lost: Promise<DeviceError>;
  /** Gives back all that the device has; what is pending rejects. */
  readonly close: () => void;
}
