/**
 * A contraction as schedules see it: Σ a · b over index variables, with the places of both operands as index expressions.
 *
 * Products of matrices, convolutions and both their gradients have this one form: out[batch, rows, columns] = Σ over sum of
 * a[batch, rows, sum] · b[batch, columns, sum]. A convolution has rows (image, y, x), columns (output channel), sums (y, x of
 * the kernel, input channel); its padding has been written by whoever produced `a`, so no access is out of bounds.
 *
 * Where one operand is several tensors joined along a summed axis, the sum has a term for each: Σ a₀ · b₀ + Σ a₁ · b₁ …
 */

import type { Emitter } from "../kernel/emit.ts";
import type { Index, IndexVariable } from "../kernel/index-expression.ts";
import type { Buffer, Kernel, Storage, Value } from "../kernel/kernel.ts";
import type { DeviceClass } from "./device-class.ts";
import type { Way } from "./weight-forms.ts";

export type AxisRole = "batch" | "rows" | "columns" | "sum";

export interface ContractionAxis {
  readonly variable: IndexVariable;
  readonly role: AxisRole;
}

export interface ContractionOperand {
  readonly buffer: Buffer;
  /** Place of the element, in the variables of the axes: of batch, of sum, and of rows (of `a`) or columns (of `b`). */
  readonly index: Index;
}

/** One more sum of products that is added to the first, over sum axes of its own. */
export interface ContractionTerm {
  readonly a: ContractionOperand;
  readonly b: ContractionOperand;
  /** The slowest first. */
  readonly sums: readonly IndexVariable[];
}

/** Where a value stands: the index along each axis of the result. */
export type Places = (axis: IndexVariable) => Index;

export interface Contraction {
  readonly name: string;
  readonly notes: readonly string[];
  /** Of each role, the slowest first. */
  readonly axes: readonly ContractionAxis[];
  readonly a: ContractionOperand;
  readonly b: ContractionOperand;
  /** Further terms of the sum, over the same results. */
  readonly more?: readonly ContractionTerm[];
  /** The axis along which results lie side by side in memory, with stride 1; `undefined` where there is none. */
  readonly contiguous: IndexVariable | undefined;
  /** Buffers that `finish` reads and writes. */
  readonly buffers: readonly Buffer[];
  /**
   * Writes the results for one value, or for four along `contiguous`: adds the bias, applies maps, stores. `places` are those
   * of the first lane.
   */
  readonly finish: (emit: Emitter, value: Value, places: Places) => void;
  /** Set where the contraction is a 3 × 3 convolution with stride 1, in its own terms. */
  readonly convolution?: Convolution3x3;
}

/** What Winograd's schedules need: out[image, y, x, column] = Σ a[image, y + i, x + j, channel] · b[column, channel, i, j]. */
export interface Convolution3x3 {
  readonly image: IndexVariable;
  readonly y: IndexVariable;
  readonly x: IndexVariable;
  readonly column: IndexVariable;
  readonly channel: IndexVariable;
  readonly kernelY: IndexVariable;
  readonly kernelX: IndexVariable;
}

/** What a schedule may ask of the lowering. */
export interface ScheduleServices {
  readonly device: DeviceClass;
  /**
   * A buffer that holds something made of one operand alone, in a form that the schedule likes: packed or transformed. It is
   * made once for equal keys: when weights are bound, if the source depends on them alone; else in the call. `build` gives
   * the kernel that reads `source` and writes `target`.
   */
  readonly derive: (request: {
    readonly key: string;
    readonly name: string;
    readonly size: number;
    readonly source: Buffer;
    readonly build: (target: Buffer) => Kernel;
  }) => Buffer;
  /**
   * Whether an operand depends on bound weights alone, so that deriving from it costs calls nothing. The item of a loop does
   * not: what is derived from it is derived in each step.
   */
  readonly isFrozen: (operand: ContractionOperand) => boolean;
  /**
   * Chooses how to compute a contraction with these weights: the cheapest way where each byte of its form costs `bytePrice`
   * cycles; a smaller one, where they are frozen and the forms of all frozen weights would take more than they may. `key` tells
   * in what order they are read.
   */
  readonly choose: (request: {
    readonly weights: ContractionOperand;
    readonly key: string;
    readonly ways: readonly Way[];
    readonly bytePrice: number;
  }) => Way;
  /** A buffer that lives for the kernels of this contraction: partial sums, transformed inputs. */
  readonly temporary: (name: string, size: number, storage?: Storage) => Buffer;
  /** Writes a line to the log of decisions. */
  readonly log: (line: string) => void;
}

/** A schedule gives the kernels of a contraction, in order; `undefined` where it does not fit. */
export type ContractionSchedule = (
  contraction: Contraction,
  services: ScheduleServices,
) => readonly Kernel[] | undefined;
