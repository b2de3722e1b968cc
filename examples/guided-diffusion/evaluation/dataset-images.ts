/** Images of a data set as networks of features take them. */

import * as random from "typegrad/random";
import type { Dataset } from "../data/dataset.ts";
import type { Images } from "./images.ts";

export interface LabelledImages {
  readonly images: Images;
  readonly labels: Int32Array;
}

/** The images of these numbers, or all, as bytes with the channels last. */
export const datasetImages = async (
  dataset: Dataset,
  numbers: ArrayLike<number> = Int32Array.from({ length: dataset.count }, (_, i) => i),
): Promise<LabelledImages> => {
  const { channels, height, width } = dataset;
  const { images, labels } = await dataset.read(numbers, random.key(0));
  const [count, places] = [numbers.length, height * width];
  const data = new Uint8Array(images.length);
  for (let i = 0; i < count; i++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let place = 0; place < places; place++) {
        const value = images[(i * channels + channel) * places + place] as number;
        data[(i * places + place) * channels + channel] = Math.round((value + 1) * 127.5);
      }
    }
  }
  return { images: { dtype: "u8", shape: [count, height, width, channels], data }, labels };
};
