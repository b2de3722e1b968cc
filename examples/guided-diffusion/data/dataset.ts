/** Labelled images, and the order in which training sees them. */

import { toHost } from "typegrad";
import * as random from "typegrad/random";

/** Images of one size, each with a class. */
export interface Dataset {
  /** What messages and files call it. */
  readonly name: string;
  readonly count: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
  /** What the classes are called, where they have names; a held-out set has the same. */
  readonly classNames?: readonly string[];
  /**
   * The images of these numbers in [−1, 1], channels first, one after the other; and their classes. What a set varies of its
   * images (squares, mirror images) is drawn from the key.
   */
  readonly read: (numbers: ArrayLike<number>, key: random.Key) => Examples | Promise<Examples>;
}

export interface Examples {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

type About = Omit<Dataset, "read" | "count">;

/** Images as bytes, channels first: `bytesOf` gives those of some numbers, one after the other. */
export const datasetOfBytes = (
  about: About,
  labels: Uint8Array,
  bytesOf: (numbers: ArrayLike<number>) => Uint8Array,
): Dataset => ({
  ...about,
  count: labels.length,
  read: (numbers) => {
    const bytes = bytesOf(numbers);
    const images = new Float32Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) images[i] = (bytes[i] as number) / 127.5 - 1;
    return { images, labels: Int32Array.from(numbers, (number) => labels[number] as number) };
  },
});

/** Bytes of images that lie in memory, channels first. */
export const datasetInMemory = (about: About, images: Uint8Array, labels: Uint8Array): Dataset => {
  const size = about.channels * about.height * about.width;
  if (images.length !== labels.length * size) {
    throw new RangeError(
      `${about.name}: ${images.length} bytes of images and ${labels.length} labels, and each image has ${size} bytes`,
    );
  }
  return datasetOfBytes(about, labels, (numbers) => {
    const chosen = new Uint8Array(numbers.length * size);
    for (let i = 0; i < numbers.length; i++) {
      const from = (numbers[i] as number) * size;
      chosen.set(images.subarray(from, from + size), i * size);
    }
    return chosen;
  });
};

/** All numbers below `count`, shuffled by random bits. */
export const shuffled = (key: random.Key, count: number): Int32Array => {
  const bits = toHost(random.bits(key, [count])).data as Uint32Array;
  return Int32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (bits[a] as number) - (bits[b] as number) || a - b,
  );
};

/**
 * The numbers of the images that a step trains on, by the step alone: so training goes on where it stopped. Each pass over the
 * data has an order of its own; what is left of it, less than a batch, is dropped, as the original does.
 * @throws RangeError for a batch of more images than there are
 */
export const exampleOrder = (key: random.Key, count: number, batch: number): ((step: number) => Int32Array) => {
  const batches = Math.floor(count / batch);
  if (batches === 0) throw new RangeError(`a batch of ${batch} images of ${count}; make it smaller`);
  let [epoch, order]: [number, Int32Array] = [-1, new Int32Array()];
  return (step) => {
    const wanted = Math.floor(step / batches);
    if (wanted !== epoch) [epoch, order] = [wanted, shuffled(random.foldIn(key, wanted), count)];
    const from = (step % batches) * batch;
    return order.slice(from, from + batch);
  };
};
