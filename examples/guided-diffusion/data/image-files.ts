/** Image files of a folder, and their classes. */

import { readdir } from "node:fs/promises";
import path from "node:path";
import { openFile } from "../files/file.ts";
import { decodeImage } from "../images/decode.ts";
import type { Image } from "../images/image.ts";

export const isImage = (name: string): boolean => /\.(png|jpe?g)$/i.test(name);

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

const classNameOf = (file: string): string => path.basename(file).split("_")[0] as string;

/** As the original's loader: the class is what stands before the first _ in the name of a file. In the order of names. */
export const classNamesOf = (files: readonly string[]): readonly string[] =>
  [...new Set(files.map(classNameOf))].sort();

/**
 * The number of each file's class among `names`.
 * @throws RangeError for a file of another class
 */
export const labelsByName = (
  files: readonly string[],
  names: readonly string[] = classNamesOf(files),
): readonly number[] => {
  const places = new Map(names.map((name, i) => [name, i]));
  return files.map((file) => {
    const place = places.get(classNameOf(file));
    if (place === undefined)
      throw new RangeError(`${file} is of class ${classNameOf(file)}, which is none of ${names.join(", ")}`);
    return place;
  });
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
