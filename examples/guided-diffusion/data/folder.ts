/** A folder of pictures as a data set: a square of each, some mirrored, and classes by the names of the files. */

import path from "node:path";
import { FormatError, toHost } from "typegrad";
import * as random from "typegrad/random";
import { flip, type Image } from "../images/image.ts";
import { centerCrop, randomCrop } from "../images/square.ts";
import type { Dataset } from "./dataset.ts";
import { channelsOf, classNamesOf, imageFilesIn, labelsByName, readImageFile } from "./image-files.ts";

export interface FolderOptions {
  /** Side of the squares. */
  readonly size: number;
  readonly channels: 1 | 3;
  /** Squares somewhere in the picture, in a size of their own; else the one in the middle. */
  readonly randomCrop: boolean;
  /** Every other picture, on average, with left and right exchanged. */
  readonly randomFlip: boolean;
  /** The classes, in the order of their numbers; those that are found, by name, if nothing is said. */
  readonly classNames?: readonly string[] | undefined;
  /** Told of a file that is no image, once; its place is taken by the next one that is. Without it, such a file is an error. */
  readonly onBroken?: ((error: FormatError) => void) | undefined;
}

/** What is drawn for each picture of a batch: scale, top and left of the square, and whether it is mirrored. */
const drawsPerImage = 4;

const squareOf = (image: Image, draws: ArrayLike<number>, at: number, options: FolderOptions): Image => {
  const [scale, top, left, mirrored] = Array.from({ length: drawsPerImage }, (_, i) => draws[at + i] as number);
  const square = options.randomCrop
    ? randomCrop(image, options.size, { scale: scale as number, top: top as number, left: left as number })
    : centerCrop(image, options.size);
  return options.randomFlip && (mirrored as number) < 0.5 ? flip(square) : square;
};

/**
 * The pictures of a folder and of those in it, read when a batch needs them, prepared as the original prepares ImageNet.
 * @throws RangeError where there are none, or one is of another class; FormatError, when they are read, where one is broken and none may be
 */
export const folderDataset = async (folder: string, options: FolderOptions): Promise<Dataset> => {
  const { size, channels, onBroken } = options;
  const files = await imageFilesIn(folder);
  if (files.length === 0) throw new RangeError(`${folder}: there is no .png or .jpg in it`);
  const classNames = options.classNames ?? classNamesOf(files);
  const labels = labelsByName(files, classNames);
  const broken = new Set<number>();

  /** The picture of a number, or the next that is whole. */
  const read = async (number: number): Promise<readonly [number, Image]> => {
    for (let i = 0; i < files.length; i++) {
      const at = (number + i) % files.length;
      if (broken.has(at)) continue;
      try {
        return [at, await readImageFile(files[at] as string)];
      } catch (error) {
        if (!(error instanceof FormatError) || onBroken === undefined) throw error;
        broken.add(at);
        onBroken(error);
      }
    }
    throw new FormatError(`${folder}: none of its ${files.length} files is an image`);
  };

  return {
    name: path.resolve(folder),
    count: files.length,
    channels,
    height: size,
    width: size,
    classes: classNames.length,
    classNames,
    read: async (numbers, key) => {
      const area = size * size;
      const images = new Float32Array(numbers.length * channels * area);
      const chosen = new Int32Array(numbers.length);
      const draws = toHost(random.uniform(key, [numbers.length * drawsPerImage])).data as ArrayLike<number>;
      for (let i = 0; i < numbers.length; i++) {
        const [at, image] = await read(numbers[i] as number);
        const bytes = channelsOf(squareOf(image, draws, i * drawsPerImage, options), channels);
        for (let place = 0; place < bytes.length; place++) {
          const [channel, pixel] = [place % channels, Math.floor(place / channels)];
          images[(i * channels + channel) * area + pixel] = (bytes[place] as number) / 127.5 - 1;
        }
        chosen[i] = labels[at] as number;
      }
      return { images, labels: chosen };
    },
  };
};
