/**
 * A primitive: one record with all that is known of an operation on tensors.
 *
 * Passes and interpreters ask a primitive's kind and fields, never its name.
 */

import type { DType } from "./dtype.ts";
import type { Lowering } from "./lowering.ts";
import type { AnyTensor } from "./tensor.ts";

/** The kinds of operation, each with one lowering. */
export const kinds = ["map", "reduce", "move", "contract", "index", "make", "fold", "composite"] as const;
export type Kind = (typeof kinds)[number];

export interface TensorType {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Elements in memory. f16 is kept in f32 arrays, bool as 0 and 1; in f64 precision both floats are kept in f64. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** A tensor as the direct evaluator sees it. */
export interface Dense extends TensorType {
  readonly data: Elements;
}

/** What a pullback may read. */
export interface PullbackContext<Params> {
  readonly params: Params;
  /** The operands, as the primitive was applied to them. */
  readonly operands: readonly AnyTensor[];
  readonly output: AnyTensor;
  /** Cotangent of the output: its shape and dtype. */
  readonly ct: AnyTensor;
}

/**
 * Cotangent of operand `index`, in ops of the language, so that any interpreter can run it and differentiate it again.
 * Asked only of float operands that need one. `undefined` is a cotangent of zeros.
 */
export type Pullback<Params> = (context: PullbackContext<Params>, index: number) => AnyTensor | undefined;

export interface Primitive<Params = unknown> {
  readonly name: string;
  readonly kind: Kind;
  /** Type of the result; throws a `ShapeError` or `DTypeError` for operands that do not fit. */
  readonly infer: (params: Params, operands: readonly TensorType[]) => TensorType;
  /** The meaning: plain loops over arrays, sums in f64. */
  readonly evaluate: (params: Params, operands: readonly Dense[], type: TensorType) => Elements;
  /** The same meaning as data, for compilers. */
  readonly lower: (params: Params, operands: readonly TensorType[], type: TensorType) => Lowering;
  /** `"none"` where the result does not vary smoothly with any operand (or has none). */
  readonly pullback: Pullback<Params> | "none";
}

/** Checks a record; the cast forgets the type of its params, which only the record itself reads. */
export const primitive = <Params>(record: Primitive<Params>): Primitive<Params> => record;
