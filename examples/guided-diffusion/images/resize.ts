/**
 * Resizing as Pillow does it, to the last bit: the filter is stretched by the scale where the image shrinks, its weights are
 * whole numbers of 22 bits, and rows are rounded to bytes before columns are combined.
 */

import { type Image, imageOf } from "./image.ts";

/** A filter, zero beyond its support. */
export interface Filter {
  readonly support: number;
  readonly weight: (x: number) => number;
}

/** The mean of the pixels that a pixel covers. */
export const box: Filter = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };

/** Cubic convolution with a = −1/2: Keys, "Cubic convolution interpolation for digital image processing", 1981. */
export const bicubic: Filter = {
  support: 2,
  weight: (x) => {
    const a = -0.5;
    const d = Math.abs(x);
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
  },
};

const precision = 22;

/** The pixels that one pixel of the result is made of, and their weights. */
interface Window {
  readonly first: number;
  readonly weights: Int32Array;
}

const windows = (from: number, to: number, { support, weight }: Filter): Window[] => {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(center - reach + 0.5), 0);
    const last = Math.min(Math.trunc(center + reach + 0.5), from);
    const inverse = 1 / stretch;
    const raw = Array.from({ length: last - first }, (_, k) => weight((k + first - center + 0.5) * inverse));
    const sum = raw.reduce((sum, value) => sum + value, 0);
    const rounded = raw.map((value) => {
      const scaled = (sum === 0 ? value : value / sum) * (1 << precision);
      return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
    return { first, weights: Int32Array.from(rounded) };
  });
};

/**
 * Combines pixels along an axis: `count` lines that begin `line` apart, in each of which pixels are `step` apart; lines of
 * the result begin `outLine` apart, with pixels `outStep` apart.
 */
const combine = (
  data: Uint8Array | Uint8ClampedArray,
  out: Uint8ClampedArray,
  along: readonly Window[],
  count: number,
  [line, step, outLine, outStep]: readonly [number, number, number, number],
): void => {
  for (let i = 0; i < count; i++) {
    for (const [j, { first, weights }] of along.entries()) {
      const start = i * line + first * step;
      const to = i * outLine + j * outStep;
      for (let channel = 0; channel < 3; channel++) {
        let sum = 1 << (precision - 1);
        for (let k = 0; k < weights.length; k++) {
          sum += (data[start + k * step + channel] as number) * (weights[k] as number);
        }
        out[to + channel] = sum >> precision;
      }
    }
  }
};

/** An image of another size, by a filter; an axis whose length stays is left as it is. */
export const resize = (image: Image, height: number, width: number, filter: Filter): Image => {
  const [fromHeight, fromWidth] = image.shape;
  let data: Uint8Array | Uint8ClampedArray = image.data;
  if (width !== fromWidth) {
    const out = new Uint8ClampedArray(fromHeight * width * 3);
    combine(data, out, windows(fromWidth, width, filter), fromHeight, [3 * fromWidth, 3, 3 * width, 3]);
    data = out;
  }
  if (height !== fromHeight) {
    const out = new Uint8ClampedArray(height * width * 3);
    combine(data, out, windows(fromHeight, height, filter), width, [3, 3 * width, 3, 3 * width]);
    data = out;
  }
  return imageOf(height, width, Uint8Array.from(data));
};
