/** Images that are moved a little, differently each time they are read. */

import { toHost } from "typegrad";
import * as random from "typegrad/random";
import type { Dataset } from "./dataset.ts";

/** Black, where an image has been moved away from. */
const background = -1;

/** The images of a set, each moved by up to `most` pixels down or up and left or right, as the key says. */
export const shifted = (dataset: Dataset, most: number): Dataset => {
  const { channels, height, width } = dataset;
  const move = (image: Float32Array, down: number, right: number, out: Float32Array): void => {
    for (let row = 0; row < channels * height; row++) {
      const [plane, y] = [Math.floor(row / height) * height, (row % height) - down];
      if (y < 0 || y >= height) continue;
      const from = (plane + y) * width;
      const start = Math.max(0, right);
      out.set(image.subarray(from + start - right, from + Math.min(width, width - right)), row * width + start);
    }
  };
  return {
    ...dataset,
    name: `${dataset.name}, moved by up to ${most}`,
    read: async (numbers, key) => {
      const { images, labels } = await dataset.read(numbers, key);
      const moves = random.randint(random.foldIn(key, 1), [numbers.length, 2], { low: -most, high: most + 1 });
      const steps = toHost(moves).data as Int32Array;
      const size = channels * height * width;
      const moved = new Float32Array(images.length).fill(background);
      for (let i = 0; i < numbers.length; i++) {
        const [start, end] = [i * size, (i + 1) * size];
        const [down, right] = [steps[2 * i] as number, steps[2 * i + 1] as number];
        move(images.subarray(start, end), down, right, moved.subarray(start, end));
      }
      return { images: moved, labels };
    },
  };
};
