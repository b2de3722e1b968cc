/** Many images on one sheet. */

import { type Host, ShapeError } from "typegrad";
import { type Image, imageOf } from "./image.ts";

/** A batch of images, as the files of samples have them: [count, height, width, 3]. */
export type Batch = Host<readonly [count: number, height: number, width: number, channels: 3], "u8">;

/**
 * Images in rows of `columns`, as near to a square as can be if nothing is said, with black lines of `gap` between them.
 * @throws ShapeError for data that are no images
 */
export const grid = (
  { shape, data }: Batch,
  { columns = Math.ceil(Math.sqrt(shape[0])), gap = 2 }: { readonly columns?: number; readonly gap?: number } = {},
): Image => {
  const [count, height, width, channels] = shape;
  if (shape.length !== 4 || channels !== 3 || count < 1) {
    throw new ShapeError(`grid: [${shape.join(", ")}] is no batch of images, [count, height, width, 3]`);
  }
  if (!Number.isSafeInteger(columns) || columns < 1) throw new RangeError(`grid: ${columns} is no number of columns`);
  const rows = Math.ceil(count / columns);
  const wide = columns * (width + gap) - gap;
  const out = new Uint8Array((rows * (height + gap) - gap) * wide * 3);
  for (let i = 0; i < count; i++) {
    const [left, top] = [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    for (let y = 0; y < height; y++) {
      const from = 3 * (i * height + y) * width;
      out.set(data.subarray(from, from + 3 * width), 3 * ((top + y) * wide + left));
    }
  }
  return imageOf(out.length / (3 * wide), wide, out);
};
