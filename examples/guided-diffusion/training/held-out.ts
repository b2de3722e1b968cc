/** What weights give on images that training does not see: always the same images, steps and noise, so that runs compare. */

import type { Host } from "typegrad";
import * as random from "typegrad/random";
import { type Dataset, shuffled } from "../data/dataset.ts";
import { type ByQuarter, quarterSums } from "./by-quarter.ts";
import { imagesOf, indicesOf, noiseKey } from "./draw.ts";

type Tensors = Readonly<Record<string, Host>>;

/** A batch that is measured. */
export interface HeldOutExamples {
  readonly images: Host;
  readonly labels: Host;
  readonly step: Host;
}

/** What is measured of each example of a batch, by name; noise is drawn from the key. */
export type Measure = (
  params: Tensors,
  examples: HeldOutExamples,
  key: Host,
) => Promise<Readonly<Record<string, ArrayLike<number>>>>;

export interface HeldOutOptions {
  readonly dataset: Dataset;
  /** Images that are measured: the first of a shuffle by a fixed key. */
  readonly count: number;
  /** Images that `measure` takes at a time. */
  readonly batch: number;
  /** Steps of the process. Image i of n is noised to step ⌊i T / n⌋. */
  readonly timesteps: number;
}

const heldOutKey = random.key(0);

/**
 * Measures weights by name, means over all images and by quarter of the steps.
 * @throws RangeError where there are fewer images than are to be measured
 */
export const heldOut = (measure: Measure, { dataset, count, batch, timesteps }: HeldOutOptions) => {
  if (count > dataset.count)
    throw new RangeError(`${dataset.name} has ${dataset.count} images, and ${count} were to be held out`);
  const chosen = shuffled(heldOutKey, dataset.count).subarray(0, count);
  return async (params: Tensors): Promise<Readonly<Record<string, ByQuarter>>> => {
    const sums: Record<string, ReturnType<typeof quarterSums>> = {};
    for (let first = 0; first < count; first += batch) {
      // The last batch is filled up with images from the front, which are not counted again.
      const places = Int32Array.from({ length: batch }, (_, i) => (first + i) % count);
      const key = random.foldIn(heldOutKey, first);
      const { images, labels } = await dataset.read(
        places.map((i) => chosen[i] as number),
        key,
      );
      const steps = places.map((i) => Math.floor((i * timesteps) / count));
      const shape = [batch, dataset.channels, dataset.height, dataset.width];
      const measured = await measure(
        params,
        { images: imagesOf(images, shape), labels: indicesOf(labels), step: indicesOf(steps) },
        noiseKey(key),
      );
      for (const [name, values] of Object.entries(measured)) {
        sums[name] ??= quarterSums(timesteps);
        for (let i = 0; i < Math.min(batch, count - first); i++)
          sums[name].add(steps[i] as number, values[i] as number);
      }
    }
    return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.means()]));
  };
};
