/** What gradient checks work on: a call as a function of its float tensors, run in f64, with its pullback at one point. */

import { isFloat } from "../dtype.ts";
import { denseOf, fromElements } from "../evaluate.ts";
import { fullLike } from "../ops/make.ts";
import { sizeOf } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";
import { vjp } from "../transform.ts";
import { leavesOf, treeWith } from "../tree.ts";
import { noise } from "./noise.ts";

/** A function of a list of float tensors, to a tree. */
export type Varying = (values: readonly AnyTensor[]) => unknown;

/** φ(x) = ⟨f(x) − f(point), w⟩ for a fixed random cotangent w, and its gradient at the point by the pullback of f. */
export interface Probe {
  readonly point: readonly Float64Array[];
  /** Jᵀw, one array a variable. */
  readonly gradient: readonly Float64Array[];
  /** φ at another point. Entries of f that are not finite at the point are left out. */
  readonly phi: (point: readonly Float64Array[]) => number;
  /** x ↦ Jᵀ(x) w, the function whose derivatives are the second derivatives of f. */
  readonly pulled: Varying;
  /** Largest magnitude of an entry of f at the point. */
  readonly magnitude: number;
}

const elementsOf = (tensor: AnyTensor): Float64Array => Float64Array.from(denseOf("typegrad/testing", tensor).data);

/** The float tensors of a result. */
const floatLeaves = (result: unknown): AnyTensor[] =>
  leavesOf("typegrad/testing", result)
    .map(({ tensor }) => tensor)
    .filter(({ dtype }) => isFloat(dtype));

/** Call inside `inPrecision("f64", …)`. */
export const probe = (f: Varying, at: readonly AnyTensor[], seed: number): Probe => {
  const point = at.map(elementsOf);
  const tensorsAt = (values: readonly Float64Array[]): AnyTensor[] =>
    values.map((data, i) => fromElements(at[i] as AnyTensor, data));
  const next = noise(seed);
  const start = f(tensorsAt(point));
  if (floatLeaves(start).length === 0)
    throw new Error("typegrad/testing: there is no float tensor in the result, whose gradient could be checked");
  const weights = floatLeaves(start).map((leaf) => Float64Array.from({ length: sizeOf(leaf.shape) }, next));
  const before = floatLeaves(start).map(elementsOf);
  const magnitude = Math.max(0, ...before.flatMap((values) => [...values].map(Math.abs).filter(Number.isFinite)));

  const cotangent = (result: unknown): unknown => {
    let leaf = 0;
    return treeWith(
      result,
      leavesOf("typegrad/testing", result).map(({ tensor }) =>
        isFloat(tensor.dtype) ? fromElements(tensor, (weights[leaf++] as Float64Array).slice()) : fullLike(tensor, 0),
      ),
    );
  };
  const pulled: Varying = (values) => {
    const [result, pullback] = vjp(f)(values);
    return pullback(cotangent(result));
  };
  const phi: Probe["phi"] = (values) => {
    let sum = 0;
    floatLeaves(f(tensorsAt(values))).forEach((leaf, i) => {
      const { data } = denseOf("typegrad/testing", leaf);
      const from = before[i] as Float64Array;
      const weight = weights[i] as Float64Array;
      for (let k = 0; k < data.length; k++)
        if (Number.isFinite(from[k])) sum += (weight[k] as number) * ((data[k] as number) - (from[k] as number));
    });
    return sum;
  };
  return { point, gradient: (pulled(tensorsAt(point)) as AnyTensor[]).map(elementsOf), phi, pulled, magnitude };
};

/**
 * The magnitude that errors of a gradient are measured by: its largest entry, or 1e-4 of the function's own magnitude
 * where that is larger. Below it, rounding of f in f64 hides what a difference quotient could show.
 */
export const scaleOf = (gradient: Float64Array, magnitude: number): number =>
  gradient.reduce((largest, value) => Math.max(largest, Math.abs(value)), Math.max(1e-6, 1e-4 * magnitude));
