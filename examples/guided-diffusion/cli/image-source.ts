/** Images to be measured: an archive of them, or a folder of image files, which are read a batch at a time. */

import { stat } from "node:fs/promises";
import { channelsOf, imageFilesIn, labelsByName, readImageFile } from "../data/image-files.ts";
import { centerCrop } from "../images/square.ts";
import { readImages, takeImages } from "./base-samples.ts";
import { UsageError } from "./faults.ts";

export interface ImageSource {
  readonly count: number;
  readonly labels?: readonly number[] | undefined;
  /** Bytes of `batch` images from `first` on, the channels last; after the last comes the first again. */
  readonly read: (first: number, batch: number) => Promise<Uint8Array>;
}

const openFolder = async (folder: string, size: number, channels: 1 | 3): Promise<ImageSource> => {
  const files = await imageFilesIn(folder);
  if (files.length === 0) throw new UsageError(`${folder}: there is no .png or .jpg in it`);
  return {
    count: files.length,
    labels: labelsByName(files),
    read: async (first, batch) => {
      const bytes = new Uint8Array(batch * size * size * channels);
      for (let i = 0; i < batch; i++) {
        const image = await readImageFile(files[(first + i) % files.length] as string);
        bytes.set(channelsOf(centerCrop(image, size), channels), i * size * size * channels);
      }
      return bytes;
    },
  };
};

/**
 * Images of size × size from a .npz or a folder; those of a folder are cut to the square in the middle.
 * @throws UsageError where there are none, or they are of another size; FormatError for damaged files
 */
export const openImages = async (name: string, size: number, channels: number): Promise<ImageSource> => {
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`images of ${channels} channels cannot be read from files`);
  if ((await stat(name)).isDirectory()) return openFolder(name, size, channels);
  const images = await readImages(name);
  const { count, height, width, labels } = images;
  if (height !== size || width !== size || images.channels !== channels)
    throw new UsageError(
      `${name}: its images are ${height} × ${width} with ${images.channels} channels, and the network takes ${size} × ${size} with ${channels}`,
    );
  return { count, labels, read: async (first, batch) => takeImages(images, first, batch) };
};
