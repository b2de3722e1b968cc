/** Images to be measured: an archive of them, or a folder of image files, which are read a batch at a time. */

import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { openFile } from "../files/file.ts";
import { decodeImage } from "../images/decode.ts";
import type { Image } from "../images/image.ts";
import { centerCrop } from "../images/square.ts";
import { readImages, takeImages } from "./base-samples.ts";
import { UsageError } from "./faults.ts";

export interface ImageSource {
  readonly count: number;
  readonly labels?: readonly number[] | undefined;
  /** Bytes of `batch` images from `first` on, the channels last; after the last comes the first again. */
  readonly read: (first: number, batch: number) => Promise<Uint8Array>;
}

export const isImage = (name: string): boolean => /\.(png|jpe?g)$/i.test(name);

/** Image files of a folder and of those in it, in the order of their names. */
export const filesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const parts = await Promise.all(
    entries.map(async (entry) => {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(name);
      return isImage(entry.name) ? [name] : [];
    }),
  );
  return parts.flat().sort();
};

/** As the original's loader: the class is what stands before the first _ in the name, classes in the order of their names. */
const labelsByName = (files: readonly string[]): readonly number[] => {
  const names = files.map((file) => path.basename(file).split("_")[0] as string);
  const classes = [...new Set(names)].sort();
  const places = new Map(classes.map((name, i) => [name, i]));
  return names.map((name) => places.get(name) as number);
};

/** Of a gray network's images red alone, which is gray's. */
const channelsOf = (image: Image, channels: number): Uint8Array =>
  channels === 3
    ? new Uint8Array(image.data)
    : Uint8Array.from({ length: image.data.length / 3 }, (_, i) => image.data[3 * i] as number);

const openFolder = async (folder: string, size: number, channels: number): Promise<ImageSource> => {
  const files = await filesIn(folder);
  if (files.length === 0) throw new UsageError(`${folder}: there is no .png or .jpg in it`);
  const readOne = async (file: string): Promise<Uint8Array> => {
    const source = await openFile(file);
    try {
      return channelsOf(centerCrop(await decodeImage(source), size), channels);
    } finally {
      await source.close();
    }
  };
  return {
    count: files.length,
    labels: labelsByName(files),
    read: async (first, batch) => {
      const bytes = new Uint8Array(batch * size * size * channels);
      for (let i = 0; i < batch; i++)
        bytes.set(await readOne(files[(first + i) % files.length] as string), i * size * size * channels);
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
