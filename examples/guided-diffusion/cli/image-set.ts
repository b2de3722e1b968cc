/** Images to be compared with others: an archive of them, a folder of image files, or image files by name. */

import { stat } from "node:fs/promises";
import { imageFilesIn, isImage, readImageFile } from "../data/image-files.ts";
import type { ImageSet, Images } from "../evaluation/images.ts";
import { imagesIn } from "../evaluation/images.ts";
import { openFile } from "../files/file.ts";
import { readNpz } from "../files/npz.ts";
import { UsageError } from "./faults.ts";

/** Files that are open meanwhile. */
export interface OpenImages {
  readonly images: ImageSet;
  readonly close: () => Promise<void>;
}

/** As they are, a batch at a time; all must be as large as the first. */
const imagesOfFiles = async (files: readonly string[]): Promise<ImageSet> => {
  const [height, width] = (await readImageFile(files[0] as string)).shape;
  const length = height * width * 3;
  async function* batches(size: number): AsyncGenerator<Images> {
    for (let start = 0; start < files.length; start += size) {
      const part = files.slice(start, start + size);
      const data = new Uint8Array(part.length * length);
      for (const [i, file] of part.entries()) {
        const image = await readImageFile(file);
        if (image.shape[0] !== height || image.shape[1] !== width)
          throw new UsageError(
            `${file} is ${image.shape[0]} × ${image.shape[1]}, and ${files[0]} is ${height} × ${width}; all must be of one size`,
          );
        data.set(image.data, i * length);
      }
      yield { dtype: "u8", shape: [part.length, height, width, 3], data };
    }
  }
  return { shape: [files.length, height, width, 3], batches };
};

/**
 * One .npz, or any number of image files and folders of them.
 * @throws UsageError where there are no images; FormatError for damaged files
 */
export const openImageSet = async (names: readonly string[]): Promise<OpenImages> => {
  const [first = ""] = names;
  if (names.length === 1 && !isImage(first) && !(await stat(first)).isDirectory()) {
    const source = await openFile(first);
    try {
      return { images: imagesIn(await readNpz(source), first), close: source.close };
    } catch (error) {
      await source.close();
      throw error;
    }
  }
  const files: string[] = [];
  for (const name of names) {
    if ((await stat(name)).isDirectory()) files.push(...(await imageFilesIn(name)));
    else if (isImage(name)) files.push(name);
    else throw new UsageError(`${name}: it is no .png, .jpg or folder; a .npz of samples must be the only one`);
  }
  if (files.length === 0) throw new UsageError(`${names.join(", ")}: there is no .png or .jpg in it`);
  return { images: await imagesOfFiles(files), close: async () => undefined };
};
