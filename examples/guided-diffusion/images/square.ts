/** Squares of images as ADM is trained on: the shorter side scaled to a size, and a square of it. */

import { crop, type Image } from "./image.ts";
import { bicubic, box, resize } from "./resize.ts";

/** Half to even, as Python rounds. */
const round = (value: number): number => {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
};

/** Halved by means of 2 × 2 while the shorter side is twice the size or more. */
export const halve = (image: Image, size: number): Image => {
  let halved = image;
  for (;;) {
    const [height, width] = halved.shape;
    if (Math.min(height, width) < 2 * size) return halved;
    halved = resize(halved, Math.floor(height / 2), Math.floor(width / 2), box);
  }
};

/** Scaled so that the shorter side is of a size: halved as long as that goes, then bicubic. */
export const scaleShorterSide = (image: Image, size: number): Image => {
  const halved = halve(image, size);
  const [height, width] = halved.shape;
  const scale = size / Math.min(height, width);
  return resize(halved, round(height * scale), round(width * scale), bicubic);
};

const checkSize = (name: string, size: number): void => {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`${name}: ${size} is no size of an image`);
};

/** The square in the middle: what validation and reference batches are made of. */
export const centerCrop = (image: Image, size: number): Image => {
  checkSize("centerCrop", size);
  const scaled = scaleShorterSide(image, size);
  const [height, width] = scaled.shape;
  return crop(scaled, Math.floor((height - size) / 2), Math.floor((width - size) / 2), size, size);
};

/** The original's smallest part of the shorter side that a random square shows. */
const smallestFraction = 0.8;

/** Which random square: three numbers of [0, 1). */
export interface Draw {
  readonly scale: number;
  readonly top: number;
  readonly left: number;
}

/** A square somewhere in an image whose shorter side is of a random size between `size` and `size / 0.8`. */
export const randomCrop = (image: Image, size: number, { scale, top, left }: Draw): Image => {
  checkSize("randomCrop", size);
  const largest = Math.ceil(size / smallestFraction);
  const scaled = scaleShorterSide(image, size + Math.floor(scale * (largest - size + 1)));
  const [height, width] = scaled.shape;
  const place = (uniform: number, side: number): number => Math.floor(uniform * (side - size + 1));
  return crop(scaled, place(top, height), place(left, width), size, size);
};

/** The square in the middle with means of pixels alone: how LSUN is prepared. */
export const boxCrop = (image: Image, size: number): Image => {
  checkSize("boxCrop", size);
  const [height, width] = image.shape;
  const scale = size / Math.min(height, width);
  const scaled = resize(image, round(height * scale), round(width * scale), box);
  const [tall, wide] = scaled.shape;
  return crop(scaled, Math.floor((tall - size) / 2), Math.floor((wide - size) / 2), size, size);
};
