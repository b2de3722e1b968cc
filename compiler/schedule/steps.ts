/** What lowering gives: steps that run kernels on buffers, and what each buffer is for. */

import type { Constant, Variable } from "../ir/program.ts";
import type { Buffer, Kernel } from "../kernel/kernel.ts";
import type { Computed } from "./computed.ts";
import type { Choice } from "./weight-forms.ts";

/** What a buffer is for. `kept` is made when weights are bound. */
export type Purpose =
  | { readonly kind: "argument" | "result" | "bound"; readonly index: number }
  | { readonly kind: "constant"; readonly value: Constant }
  | { readonly kind: "kept" | "temporary" | "counter" };

export interface LoweredDispatch {
  readonly kind: "dispatch";
  readonly kernel: Kernel;
  readonly source: string;
  /** What it computes; of the kernels of one region, the last says it. */
  readonly computes?: Computed;
}

export interface LoweredLoop {
  readonly kind: "loop";
  readonly count: number;
  readonly reverse: boolean;
  readonly counter: Buffer;
  readonly swaps: readonly (readonly [Buffer, Buffer])[];
  readonly body: readonly LoweredStep[];
}

export type LoweredStep = LoweredDispatch | LoweredLoop;

/** All kernels that steps run. */
export const kernelsOf = (steps: readonly LoweredStep[]): Kernel[] =>
  steps.flatMap((step) => (step.kind === "dispatch" ? [step.kernel] : kernelsOf(step.body)));

export interface Lowered {
  readonly load: readonly LoweredStep[];
  readonly call: readonly LoweredStep[];
  readonly purposeOf: (buffer: Buffer) => Purpose;
  readonly log: readonly string[];
  /** The forms of frozen weights among which there was a choice. */
  readonly choices: readonly Choice[];
  /** The value that a buffer was made for. */
  readonly valueOf: (buffer: Buffer) => Variable | undefined;
  /** For a buffer that holds another's elements in an order or form that suits a kernel: the other. */
  readonly preparedFrom: (buffer: Buffer) => Buffer | undefined;
}
