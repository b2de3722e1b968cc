/**
 * An op: the typed function that users call, with the record that documents and tests it.
 *
 * An op applies primitives or other ops. Its record is walked by the suites (values, gradients, shape law, types) and by
 * the documentation; nothing else about an op is written anywhere.
 */

import type { DType } from "./dtype.ts";
import type { Kind } from "./primitive.ts";
import type { ScalarFunction } from "./scalar/function.ts";
import type { AnyTensor } from "./tensor.ts";

/**
 * A source of example arguments, drawn by a test. Dims are small and rarely 0; a domain bounds the elements of a float
 * tensor, `distinct` keeps them apart (for max, sort), `below` bounds the elements of an integer tensor from above.
 */
export interface Draw {
  readonly integer: (min: number, max: number) => number;
  readonly oneOf: <T>(choices: readonly T[]) => T;
  readonly shape: (options?: {
    readonly minRank?: number;
    readonly maxRank?: number;
    readonly minDim?: number;
  }) => number[];
  readonly tensor: (
    shape: readonly number[],
    options?: {
      readonly dtype?: DType;
      readonly domain?: readonly [number, number];
      readonly distinct?: boolean;
      readonly below?: number;
    },
  ) => AnyTensor;
}

export interface OpRecord {
  /** Equal to the name of the export. */
  readonly name: string;
  readonly kind: Kind;
  /** The shape law, for people: `[...B, M, K], [...B, K, N] → [...B, M, N]`. */
  readonly law: string;
  readonly formula: string;
  /** The gradient, for people; `"none"` where the result does not vary smoothly with any operand. */
  readonly gradient: string;
  /** A call that shows what the op does, on few numbers: the documents run it. */
  readonly example: string;
  /** Arguments that fit, drawn at random: tensors, numbers, arrays, strings and records. */
  readonly draw: (draw: Draw) => readonly unknown[];
  /** The function of an element that a named map is. */
  readonly scalar?: ScalarFunction;
}

export type Op<Signature> = Signature & { readonly record: OpRecord };

// biome-ignore lint/suspicious/noExplicitAny: an op's signature is checked where the op is called
type AnyFunction = (...args: any) => unknown;

/**
 * Joins a function and its record. An error that leaves the op is made to point at the user's line, not into the op.
 */
export const op = <Signature extends AnyFunction>(record: OpRecord, call: Signature): Op<Signature> => {
  const named = (...args: Parameters<Signature>): unknown => {
    try {
      return call(...args);
    } catch (error) {
      if (error instanceof Error)
        (Error as { captureStackTrace?: (target: object, above: unknown) => void }).captureStackTrace?.(error, named);
      throw error;
    }
  };
  return Object.assign(named, { record }) as unknown as Op<Signature>;
};
