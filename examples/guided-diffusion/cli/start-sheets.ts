/** The two pictures of `npm start`. */

import type { Batch } from "../images/grid.ts";
import { imageSheet } from "../plots/image-sheet.ts";
import type { Svg } from "../plots/svg.ts";
import type { Comparison } from "../sampling/compare-guidance.ts";
import { inColor, toBytes } from "./samples.ts";

/** What was compared: as many images of each class, in rows of one of each. */
export interface Compared {
  readonly comparison: Comparison;
  /** [channels, height, width] */
  readonly image: readonly [number, number, number];
  /** Of the classes, by label. */
  readonly names: readonly string[];
  readonly steps: number;
  readonly scale: number;
  readonly seed: number;
}

const batchOf = (x: Float32Array, [channels, height, width]: Compared["image"]): Batch => {
  const count = x.length / (channels * height * width);
  const data = toBytes(x, [count, channels, height, width]);
  return inColor({ dtype: "u8", shape: [count, height, width, channels], data });
};

/** Room for words where classes have names, not numbers. */
const zoomFor = (names: readonly string[]): number => (names.some(({ length }) => length > 2) ? 2 : 1.5);

/** Guided images, a column for each class, over those from the same noise that nothing guided. */
export const samplesSheet = ({ comparison, image, names, steps, scale, seed }: Compared): Promise<Svg> =>
  imageSheet({
    title: `${steps} steps from noise, seed ${seed}`,
    columns: names.length,
    zoom: zoomFor(names),
    blocks: [
      {
        title: `guided to the class over each column, scale ${scale}`,
        over: names,
        images: batchOf(comparison.guided, image),
      },
      { title: "not guided, from the same noise", images: batchOf(comparison.unguided, image) },
    ],
  });

/** A row for each class: its first image on its way, from noise on the left. */
export const trajectorySheet = ({ comparison: { trajectory }, image, names, scale, seed }: Compared): Promise<Svg> => {
  const size = image[0] * image[1] * image[2];
  const ways = new Float32Array(names.length * trajectory.length * size);
  for (let label = 0; label < names.length; label++) {
    trajectory.forEach(({ x }, point) => {
      ways.set(x.subarray(label * size, (label + 1) * size), (label * trajectory.length + point) * size);
    });
  }
  return imageSheet({
    title: `One sample of each class on its way, scale ${scale}, seed ${seed}`,
    columns: trajectory.length,
    zoom: zoomFor(names),
    blocks: [
      {
        title: "after so many steps:",
        over: trajectory.map(({ done }) => `${done}`),
        before: names,
        images: batchOf(ways, image),
      },
    ],
  });
};
