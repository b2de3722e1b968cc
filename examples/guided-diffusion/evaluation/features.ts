/** Features of images: what the metrics compare. */

import { type Host, ShapeError } from "typegrad";

/** One row for each image; the elements are f32, as networks give them, or f64. */
export type Features = Host<readonly [rows: number, width: number], "f32" | "f64">;

/** Checks features that metrics are computed from: their rank, that all are finite, and that there are enough of them. */
export const checkFeatures = (what: string, { dtype, shape, data }: Features, atLeast: number): void => {
  const [rows, width] = shape;
  if (dtype !== "f32" && dtype !== "f64")
    throw new TypeError(`${what}: features are f32 or f64, and these are ${dtype as string}`);
  if (shape.length !== 2 || data.length !== rows * width)
    throw new ShapeError(
      `${what}: features are [images, width], and these are [${shape.join(", ")}] with ${data.length} elements; flatten each image's`,
    );
  if (rows < atLeast) throw new RangeError(`${what}: ${rows} images are too few; it takes ${atLeast} at least`);
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new RangeError(
      `${what}: feature ${wrong % width} of image ${Math.floor(wrong / width)} is ${data[wrong]}; features must be finite`,
    );
};

/** @throws ShapeError where two sets do not have the same features */
export const checkSameWidth = (what: string, reference: number, samples: number): void => {
  if (reference !== samples)
    throw new ShapeError(
      `${what}: the reference has ${reference} features an image, and the samples have ${samples}; both must come from one network`,
    );
};

/** The rows from `start` up to `end`, on the same memory. */
export const rowsOf = ({ dtype, shape, data }: Features, start: number, end: number): Features => {
  const [rows, width] = shape;
  const to = Math.min(end, rows);
  return { dtype, shape: [to - start, width], data: data.subarray(start * width, to * width) };
};

/** One row, in f64. */
export const rowAt = ({ shape: [, width], data }: Features, row: number): Float64Array =>
  Float64Array.from(data.subarray(row * width, (row + 1) * width));
