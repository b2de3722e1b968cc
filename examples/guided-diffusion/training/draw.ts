/** The numbers of one training step, by the step alone: images, and a key for all that is drawn for them. */

import { type Host, toHost } from "typegrad";
import * as random from "typegrad/random";

/** The key of one step of a run, from the key of the run. */
export const stepKey = (seed: number, step: number): random.Key => random.foldIn(random.key(seed), step);

/** Numbers of [0, 1), from which the steps of a batch are drawn. */
export const uniforms = (key: random.Key, count: number): ArrayLike<number> =>
  toHost(random.uniform(random.foldIn(key, 1), [count])).data as Float32Array;

/** A batch of images as host data. */
export const imagesOf = (data: Float32Array, shape: readonly number[]): Host => ({ dtype: "f32", shape, data });
export const indicesOf = (data: Int32Array): Host => ({ dtype: "i32", shape: [data.length], data });
export const numbersOf = (data: ArrayLike<number>): Host => ({
  dtype: "f32",
  shape: [data.length],
  data: Float32Array.from(data),
});

/** The key with which the noise of a step is drawn, in the compiled step itself. */
export const noiseKey = (key: random.Key): Host => toHost(random.foldIn(key, 2)) as Host;
