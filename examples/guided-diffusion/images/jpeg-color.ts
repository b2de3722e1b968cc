/** The colors of JPEG files as red, green and blue: in whole numbers of 16 bits after the point, as libjpeg. */

import type { Plane } from "./jpeg-transform.ts";

export type ColorSpace = "gray" | "YCbCr" | "RGB" | "CMYK" | "YCCK";

interface Marks {
  readonly hasJfif: boolean;
  readonly transform: number | undefined;
}

/** No file says its color space: libjpeg's guess by the markers it has, and the numbers of its components. */
export const colorSpaceOf = (ids: readonly number[], { hasJfif, transform }: Marks): ColorSpace => {
  if (ids.length === 1) return "gray";
  if (ids.length === 4) return transform === undefined || transform === 0 ? "CMYK" : "YCCK";
  if (hasJfif) return "YCbCr";
  if (transform !== undefined) return transform === 0 ? "RGB" : "YCbCr";
  return String.fromCharCode(...ids) === "RGB" ? "RGB" : "YCbCr";
};

const fixed = (value: number): number => Math.floor(value * 65536 + 0.5);
const [crRed, cbBlue, crGreen, cbGreen] = [fixed(1.402), fixed(1.772), fixed(0.71414), fixed(0.34414)];
const half = 1 << 15;

/** a · b / 255, rounded, as Pillow writes it. */
const times255 = (a: number, b: number): number => {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
};

/** Luma and two color differences as red, green and blue, in place. */
const fromYCbCr = (out: Uint8ClampedArray): void => {
  for (let at = 0; at < out.length; at += 3) {
    const y = out[at] as number;
    const cb = (out[at + 1] as number) - 128;
    const cr = (out[at + 2] as number) - 128;
    out[at] = y + ((crRed * cr + half) >> 16);
    out[at + 1] = y + ((half - cbGreen * cb - crGreen * cr) >> 16);
    out[at + 2] = y + ((cbBlue * cb + half) >> 16);
  }
};

/** Channel `i` of pixels from the samples of a plane. */
const copyPlane = ({ data, stride }: Plane, out: Uint8ClampedArray, i: number, height: number, width: number): void => {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) out[3 * (y * width + x) + i] = data[y * stride + x] as number;
  }
};

/** Takes black from colors, in place. Adobe's files have inks inverted, and Pillow takes all files of four inks for Adobe's. */
const takeBlack = ({ data, stride }: Plane, out: Uint8ClampedArray, height: number, width: number): void => {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const light = data[y * stride + x] as number;
      for (let i = 0; i < 3; i++) {
        const at = 3 * (y * width + x) + i;
        out[at] = light - times255(255 - (out[at] as number), light);
      }
    }
  }
};

/** Planes of the size of the image, or larger, as pixels. */
export const toRgb = (planes: readonly Plane[], space: ColorSpace, height: number, width: number): Uint8Array => {
  const out = new Uint8ClampedArray(height * width * 3);
  for (let i = 0; i < 3; i++) copyPlane((space === "gray" ? planes[0] : planes[i]) as Plane, out, i, height, width);
  if (space === "YCbCr" || space === "YCCK") fromYCbCr(out);
  // libjpeg gives the inks of YCCK, which are what is not red, green and blue.
  if (space === "YCCK") for (let at = 0; at < out.length; at++) out[at] = 255 - (out[at] as number);
  if (space === "YCCK" || space === "CMYK") takeBlack(planes[3] as Plane, out, height, width);
  return new Uint8Array(out.buffer);
};
