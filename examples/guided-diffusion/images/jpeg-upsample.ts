/**
 * Components of fewer samples than the image has pixels, as libjpeg enlarges them by default: each new sample is three parts
 * the nearest and one part the next, along each axis that is doubled; other factors repeat samples.
 */

import type { Plane } from "./jpeg-transform.ts";

/** Row `y` of a plane that is doubled in height, in quarters: three of the nearest row and one of the next. */
const mixRows = ({ width, height, stride, data }: Plane, y: number, mixed: Int32Array): void => {
  const near = y >> 1;
  const next = Math.min(Math.max(y & 1 ? near + 1 : near - 1, 0), height - 1);
  for (let x = 0; x < width; x++) {
    mixed[x] = 3 * (data[near * stride + x] as number) + (data[next * stride + x] as number);
  }
};

/** Doubles a row: sums of four are rounded by `bits`, those of an even and of an odd place after `even` or `odd` is added. */
const doubleRow = (row: Int32Array, out: Uint8Array, at: number, bits: number, even: number, odd: number): void => {
  const last = row.length - 1;
  for (let x = 0; x <= last; x++) {
    const near = 3 * (row[x] as number);
    const before = row[x === 0 ? 0 : x - 1] as number;
    const after = row[x === last ? last : x + 1] as number;
    out[at + 2 * x] = (near + before + even) >> bits;
    out[at + 2 * x + 1] = (near + after + odd) >> bits;
  }
};

/** A plane `across` times as wide and `down` times as high. */
export const upsample = (plane: Plane, across: number, down: number): Plane => {
  const { width, height, stride, data } = plane;
  if (across === 1 && down === 1) return plane;
  const outWidth = width * across;
  const out = new Uint8Array(outWidth * height * down);
  // Rows of two samples or fewer are repeated, unless it is the height alone that is doubled.
  const isSmooth = (across === 2 && width > 2 && down <= 2) || (across === 1 && down === 2);
  const row = new Int32Array(width);
  for (let y = 0; y < height * down; y++) {
    const at = y * outWidth;
    if (isSmooth && down === 2) mixRows(plane, y, row);
    else {
      const near = Math.floor(y / down) * stride;
      for (let x = 0; x < width; x++) row[x] = data[near + x] as number;
    }
    if (!isSmooth) for (let x = 0; x < outWidth; x++) out[at + x] = row[Math.floor(x / across)] as number;
    else if (across === 1) for (let x = 0; x < width; x++) out[at + x] = ((row[x] as number) + (y & 1 ? 2 : 1)) >> 2;
    else if (down === 1) doubleRow(row, out, at, 2, 1, 2);
    else doubleRow(row, out, at, 4, 8, 7);
  }
  return { width: outWidth, height: height * down, stride: outWidth, data: out };
};
