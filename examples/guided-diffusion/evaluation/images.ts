/** Images as the original's files hold them: uint8, [images, height, width, channels], a batch at a time. */

import { type Host, ShapeError } from "typegrad";
import type { TensorEntry, TensorFile } from "../files/tensor-file.ts";

/** A batch of images of 0 to 255. */
export type Images = Host<readonly [images: number, height: number, width: number, channels: number], "u8">;

/** A file of arrays, of which some are too large to be read at once: an `Npz` is one. */
export interface ArrayFile extends TensorFile {
  /** An array a few rows at a time; the last may have fewer. */
  readonly rows: (name: string, count: number) => AsyncIterable<Host>;
}

/** Images that are read when they are asked for. */
export interface ImageSet {
  readonly shape: Images["shape"];
  readonly batches: (size: number) => AsyncIterable<Images>;
}

/**
 * The images of a file, `arr_0`.
 * @throws ShapeError, TypeError where there are none, or the array has another form; `what` names the file
 */
export const imagesIn = (file: ArrayFile, what: string): ImageSet => {
  const entry = file.entries.get("arr_0");
  if (entry === undefined)
    throw new TypeError(
      `${what}: there are no images, arr_0; it has ${[...file.entries.keys()].join(", ") || "nothing"}`,
    );
  const shape = checkImages(what, entry);
  return { shape, batches: (size) => file.rows("arr_0", size) as AsyncIterable<Images> };
};

/** Images that are in memory. */
export const imageSetOf = (images: Images, what = "images"): ImageSet => {
  const shape = checkImages(what, images);
  const [count, ...image] = shape;
  const length = image.reduce((size, dim) => size * dim, 1);
  async function* batches(size: number): AsyncGenerator<Images> {
    for (let start = 0; start < count; start += size) {
      const end = Math.min(start + size, count);
      yield { dtype: "u8", shape: [end - start, ...image], data: images.data.subarray(start * length, end * length) };
    }
  }
  return { shape, batches };
};

const checkImages = (what: string, { dtype, shape }: TensorEntry): Images["shape"] => {
  if (dtype !== "u8") throw new TypeError(`${what}: images are u8, of 0 to 255, and these are ${dtype}`);
  if (shape.length !== 4)
    throw new ShapeError(`${what}: images are [images, height, width, channels], and these are [${shape.join(", ")}]`);
  return shape as Images["shape"];
};
