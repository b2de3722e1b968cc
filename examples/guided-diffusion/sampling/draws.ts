/** Random numbers of samples, each by the seed and its own index: the same in every batch, and on every device. */

import { type Host, type Tensor, toHost, unstack } from "typegrad";
import * as random from "typegrad/random";

export interface Draw {
  /** Of the label. */
  readonly label: random.Key;
  /** Of the noise that sampling begins with. */
  readonly start: random.Key;
  /** Of the noise of steps, the number of each folded in. */
  readonly steps: random.Key;
}

export const drawOf = (seed: number, index: number): Draw => {
  const [label, start, steps] = unstack(random.split(random.foldIn(random.key(seed), index), 3));
  return { label, start, steps } as unknown as Draw;
};

/** A class of `classes`, each as likely. */
export const drawLabel = ({ label }: Draw, classes: number): number => {
  const [drawn] = toHost(random.randint(label, [1], { high: classes })).data as Int32Array;
  return drawn as number;
};

type Batch<D extends "f32" | "u32"> = Host<number[], D>;

/** Noise to begin with, [batch, ...image]. */
export const startNoise = (draws: readonly Draw[], image: readonly [number, number, number]): Batch<"f32"> => {
  const count = image[0] * image[1] * image[2];
  const data = new Float32Array(draws.length * count);
  draws.forEach(({ start }, i) => {
    const noise: Tensor<[number, number, number]> = random.normal(start, image);
    data.set(toHost(noise).data as Float32Array, i * count);
  });
  return { dtype: "f32", shape: [draws.length, ...image], data };
};

/** Keys of the steps of a batch, [batch, 2]. */
export const stepKeys = (draws: readonly Draw[]): Batch<"u32"> => ({
  dtype: "u32",
  shape: [draws.length, 2],
  data: Uint32Array.from(draws.flatMap(({ steps }) => [...(toHost(steps as Tensor<[2], "u32">).data as Uint32Array)])),
});

/** Labels as a network takes them. */
export const labelsOf = (labels: readonly number[]): Host<number[], "i32"> => ({
  dtype: "i32",
  shape: [labels.length],
  data: Int32Array.from(labels),
});
