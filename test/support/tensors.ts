/** Small tensors for tests, and their elements. */

import { denseOf, fromElements } from "../../dsl/evaluate.ts";
import { reshapeTo, sumOver } from "../../dsl/ops/broadcast.ts";
import { sizeOf } from "../../dsl/shape.ts";
import type { Tensor } from "../../dsl/tensor.ts";
import { noise } from "../../dsl/testing/noise.ts";

/** A vector of floats. */
export const vector = <const V extends readonly number[]>(...values: V): Tensor<[V["length"]]> =>
  fromElements({ shape: [values.length], dtype: "f32" }, Float32Array.from(values));

export const scalarTensor = (value: number): Tensor<[]> =>
  fromElements({ shape: [], dtype: "f32" }, Float32Array.of(value));

export const half = (value: number): Tensor<[], "f16"> =>
  fromElements({ shape: [], dtype: "f16" }, Float32Array.of(value));

export const integers = <const V extends readonly number[]>(...values: V): Tensor<[V["length"]], "i32"> =>
  fromElements({ shape: [values.length], dtype: "i32" }, Int32Array.from(values));

/** Eighths from −2 to 2 that look random: products and short sums of them are exact in f32. */
export const filled = <const S extends readonly number[]>(shape: S, seed = 1): Tensor<[...S]> => {
  const next = noise(seed);
  return fromElements(
    { shape, dtype: "f32" },
    Float32Array.from({ length: sizeOf(shape) }, () => Math.round(16 * next()) / 8),
  );
};

/** Indices of a shape, row-major. */
export const indices = <const S extends readonly number[]>(
  shape: S,
  values: readonly number[],
): Tensor<[...S], "i32"> => fromElements({ shape, dtype: "i32" }, Int32Array.from(values));

/** The sum of a vector. */
export const total = <N extends number>(x: Tensor<[N]>): Tensor<[]> => reshapeTo(sumOver(x, [0]), []);

export const elementsOf = (tensor: Parameters<typeof denseOf>[1]): number[] =>
  Array.from(denseOf("a test", tensor).data);
