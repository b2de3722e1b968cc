/**
 * From coefficients to samples, as libjpeg computes it by default: the "slow integer" inverse cosine transform of Loeffler,
 * Ligtenberg and Moschytz (1989), with 13 bits after the point, and 2 between its two passes.
 */

import type { Component } from "./jpeg-scan.ts";

const pointBits = 13;
const passBits = 2;

/** One of eight of the transform: eight numbers that are `step` apart, rounded by `shift` bits. */
const transform = (data: Int32Array, at: number, step: number, shift: number): void => {
  const v0 = data[at] as number;
  const v1 = data[at + step] as number;
  const v2 = data[at + 2 * step] as number;
  const v3 = data[at + 3 * step] as number;
  const v4 = data[at + 4 * step] as number;
  const v5 = data[at + 5 * step] as number;
  const v6 = data[at + 6 * step] as number;
  const v7 = data[at + 7 * step] as number;
  const half = 1 << (shift - 1);

  // The even part. Numbers are the cosines of multiples of π/16, and sums of them, times 2¹³.
  const z = (v2 + v6) * 4433;
  const inner = z - v6 * 15137;
  const outer = z + v2 * 6270;
  const plus = ((v0 + v4) << pointBits) + half;
  const minus = ((v0 - v4) << pointBits) + half;
  const [even0, even1, even2, even3] = [plus + outer, minus + inner, minus - inner, plus - outer];

  const z5 = (v7 + v3 + v5 + v1) * 9633;
  const z1 = (v7 + v1) * -7373;
  const z2 = (v5 + v3) * -20995;
  const z3 = (v7 + v3) * -16069 + z5;
  const z4 = (v5 + v1) * -3196 + z5;
  const odd0 = v1 * 12299 + z1 + z4;
  const odd1 = v3 * 25172 + z2 + z3;
  const odd2 = v5 * 16819 + z2 + z4;
  const odd3 = v7 * 2446 + z1 + z3;

  data[at] = (even0 + odd0) >> shift;
  data[at + step] = (even1 + odd1) >> shift;
  data[at + 2 * step] = (even2 + odd2) >> shift;
  data[at + 3 * step] = (even3 + odd3) >> shift;
  data[at + 4 * step] = (even3 - odd3) >> shift;
  data[at + 5 * step] = (even2 - odd2) >> shift;
  data[at + 6 * step] = (even1 - odd1) >> shift;
  data[at + 7 * step] = (even0 - odd0) >> shift;
};

/** Samples of a component, row-major, in rows of `stride`. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** The samples of a component. */
export const planeOf = ({ width, height, blocksAcross, blocksDown, coefficients, quantization }: Component): Plane => {
  const stride = 8 * blocksAcross;
  const data = new Uint8ClampedArray(stride * 8 * blocksDown);
  const block = new Int32Array(64);
  const table = quantization ?? new Uint16Array(64);
  for (let y = 0; y < blocksDown; y++) {
    for (let x = 0; x < blocksAcross; x++) {
      const from = 64 * (y * blocksAcross + x);
      for (let i = 0; i < 64; i++) block[i] = (coefficients[from + i] as number) * (table[i] as number);
      for (let i = 0; i < 8; i++) transform(block, i, 8, pointBits - passBits);
      for (let i = 0; i < 8; i++) transform(block, 8 * i, 1, pointBits + passBits + 3);
      for (let i = 0; i < 64; i++) data[(8 * y + (i >> 3)) * stride + 8 * x + (i & 7)] = (block[i] as number) + 128;
    }
  }
  return { width, height, stride, data };
};
