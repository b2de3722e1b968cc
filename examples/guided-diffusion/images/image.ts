/** Images: host data of bytes, [height, width, 3], red, green and blue. */

import { FormatError, type Host } from "typegrad";

export type Image = Host<readonly [height: number, width: number, channels: 3], "u8">;

/** An image of the given pixels, which it keeps. */
export const imageOf = (height: number, width: number, data: Uint8Array): Image => ({
  dtype: "u8",
  shape: [height, width, 3],
  data,
});

/** Larger images are refused before memory is reserved: the limit beyond which Pillow takes a file for a bomb. */
const mostPixels = 178_956_970;

/**
 * @param room how many pixels the bytes of the file can be
 * @throws FormatError for a size of none or too many pixels
 */
export const checkSize = (width: number, height: number, room: number): void => {
  if (width < 1 || height < 1) throw new FormatError(`the image is ${width} × ${height}, and has no pixels`);
  if (width * height > mostPixels) {
    throw new FormatError(`the image is ${width} × ${height}, more than the ${mostPixels} pixels that are read`);
  }
  if (width * height > room) {
    throw new FormatError(`the image is ${width} × ${height}, for which the file has too few bytes`);
  }
};

/** A rectangle of an image. */
export const crop = (image: Image, top: number, left: number, height: number, width: number): Image => {
  const [, from] = image.shape;
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const start = 3 * ((top + y) * from + left);
    data.set(image.data.subarray(start, start + 3 * width), 3 * y * width);
  }
  return imageOf(height, width, data);
};

/** Left and right exchanged. */
export const flip = ({ shape: [height, width], data }: Image): Image => {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x);
      out.set(data.subarray(from, from + 3), 3 * (y * width + width - 1 - x));
    }
  }
  return imageOf(height, width, out);
};
