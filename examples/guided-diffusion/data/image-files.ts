/** Image files of a folder, and their classes. */

import { readdir } from "node:fs/promises";
import path from "node:path";
import { openFile } from "../files/file.ts";
import { decodeImage } from "../images/decode.ts";
import type { Image } from "../images/image.ts";

const isImage = (name: string): boolean => /\.(png|jpe?g)$/i.test(name);

/** Image files of a folder and of those in it, in the order of their names. */
export const imageFilesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const parts = await Promise.all(
    entries.map(async (entry) => {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory()) return imageFilesIn(name);
      return isImage(entry.name) ? [name] : [];
    }),
  );
  return parts.flat().sort();
};

/** As the original's loader: the class is what stands before the first _ in the name, classes in the order of their names. */
export const labelsByName = (files: readonly string[]): readonly number[] => {
  const names = files.map((file) => path.basename(file).split("_")[0] as string);
  const places = new Map([...new Set(names)].sort().map((name, i) => [name, i]));
  return names.map((name) => places.get(name) as number);
};

/** @throws FormatError, which names the file, where it is no image */
export const readImageFile = async (file: string): Promise<Image> => {
  const source = await openFile(file);
  try {
    return await decodeImage(source);
  } finally {
    await source.close();
  }
};

/** The bytes of an image for a network of one channel or three: of one, red alone, which is a gray image's gray. */
export const channelsOf = (image: Image, channels: 1 | 3): Uint8Array =>
  channels === 3
    ? new Uint8Array(image.data)
    : Uint8Array.from({ length: image.data.length / 3 }, (_, i) => image.data[3 * i] as number);
