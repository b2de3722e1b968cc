/**
 * What a primitive computes, as data: the form in which a compiler for devices takes it.
 *
 * It is written beside `evaluate`, and says the same in another way; tests hold the two against each other. It names no
 * device: each form is index arithmetic, a scalar function, or sums of products.
 */

import type { Elements } from "./primitive.ts";
import type { Expression } from "./scalar/expression.ts";
import type { ScalarFunction } from "./scalar/function.ts";

/** A place along an axis of an operand: offset + Σ step · (place along an axis of the result). */
export interface AxisRead {
  readonly offset: number;
  readonly terms: readonly { readonly axis: number; readonly step: number }[];
}

/** Where each element of the result of a movement comes from. */
export type Movement =
  /** For each axis of the operand, its place. */
  | { readonly kind: "affine"; readonly reads: readonly AxisRead[] }
  /** The same elements in the same row-major order. */
  | { readonly kind: "reshape" }
  /** Per axis `low` values before the operand and `interior` between its elements; the rest of the result follows it. */
  | {
      readonly kind: "pad";
      readonly low: readonly number[];
      readonly interior: readonly number[];
      readonly value: number;
    }
  /** Operands one after the other. */
  | { readonly kind: "concat"; readonly axis: number };

/** An axis of a sum of products: how it counts along an axis of the result, or `null` where it is summed. */
export interface ProductAxis {
  readonly size: number;
  readonly result: { readonly axis: number; readonly step: number } | null;
}

/** Zeros around the elements of an operand and between them, as in `Movement`; a negative number crops. */
export interface Padding {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
}

export type Lowering =
  /** Each element of the result, of the elements of the operands there. */
  | { readonly kind: "map"; readonly body: Expression }
  /** Over axes, which stay with length 1: from `start`, in any order. */
  | {
      readonly kind: "reduce";
      readonly axes: readonly number[];
      readonly start: number;
      readonly combine: ScalarFunction;
    }
  /**
   * out[i] = factor[i] · out[i − 1] + term[i] along an axis, from `start`; with `reverse` from the last to the first. Operands
   * are the terms, and the factors where they are not 1.
   */
  | { readonly kind: "scan"; readonly axis: number; readonly reverse: boolean; readonly start: number }
  | { readonly kind: "move"; readonly movement: Movement }
  /**
   * Σ a · b over the axes that are not the result's. For each axis of an operand, the places are sums over product axes;
   * `padding` holds for the first operand.
   */
  | {
      readonly kind: "products";
      readonly axes: readonly ProductAxis[];
      readonly operands: readonly [readonly AxisRead[], readonly AxisRead[]];
      readonly padding?: Padding;
    }
  /** out[…, i, …] = x[…, indices[…, i, …], …] */
  | { readonly kind: "gather"; readonly axis: number }
  /** out[…, indices[…, i, …], …] += updates[…, i, …] */
  | { readonly kind: "scatterAdd"; readonly axis: number }
  /** The places along the axis of the first elements in rising or falling order, equal ones in theirs and NaN last. */
  | { readonly kind: "order"; readonly axis: number; readonly descending: boolean }
  | { readonly kind: "fill"; readonly value: number }
  /** 0, 1, 2 … along the one axis. */
  | { readonly kind: "iota" }
  | { readonly kind: "constant"; readonly data: Elements };

/** A place that is one of the result's. */
export const axisRead = (axis: number, step = 1, offset = 0): AxisRead => ({ offset, terms: [{ axis, step }] });

/** The first place. */
export const firstRead: AxisRead = { offset: 0, terms: [] };
