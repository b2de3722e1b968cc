/**
 * PNG and JPEG files as red, green and blue: the very bytes of Pillow's `convert("RGB")`. Transparency is dropped, and what
 * only a person sees the right way up, by a note of the camera, stays as it is stored. Samples of 16 bits are rounded to 8,
 * as https://www.w3.org/TR/png-3/#13Sample-depth-rescaling has it, where Pillow cuts them, and makes those of gray white.
 */

import type { IMagickImage } from "@imagemagick/magick-wasm";
import { type ByteSource, FormatError } from "typegrad";
import { inPart, readPart } from "../files/part.ts";
import { checkSize, type Image, imageOf } from "./image.ts";
import { openMagick } from "./magick.ts";

/** The files that are read, told apart by how they begin: data sets have files with other endings. */
const kinds = [
  // Deflate makes at most 258 bytes of two bits, and a byte is eight pixels at most.
  { name: "PNG", start: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], mostPixelsPerByte: 8 * 1032 },
  // A block of 8 × 8 pixels has at least a bit.
  { name: "JPEG", start: [0xff, 0xd8], mostPixelsPerByte: 8 * 64 },
] as const;

type Kind = (typeof kinds)[number];

/**
 * The pixels of a PNG or JPEG file.
 * @throws FormatError for a file that is truncated or damaged, or no such image; nothing is reserved for what it cannot hold
 */
export const decodeImage = async (source: ByteSource): Promise<Image> => {
  const bytes = await readPart(source, 0, source.size, "the image");
  return inPart(source, "the image", () => {
    const kind = kinds.find(({ start }) => start.every((byte, i) => bytes[i] === byte));
    if (kind === undefined) throw new FormatError("this is neither a PNG nor a JPEG file");
    return decode(bytes, kind);
  });
};

const decode = async (bytes: Uint8Array, { name, mostPixelsPerByte }: Kind): Promise<Image> => {
  const { ColorSpace, MagickFormat, MagickImage, MagickImageInfo, MagickReadSettings } = await openMagick();
  const settings = new MagickReadSettings({ format: name === "PNG" ? MagickFormat.Png : MagickFormat.Jpeg });
  const image = MagickImage.create();
  const damages: string[] = [];
  image.onWarning = ({ error }) => {
    damages.push(...[error, ...error.relatedErrors].filter(isOfPixels).map(textOf));
  };
  try {
    const { width, height } = MagickImageInfo.create(bytes, settings);
    checkSize(width, height, mostPixelsPerByte * bytes.length);
    image.read(bytes, settings);
    if (damages.length > 0) throw new FormatError(`the ${name} file is truncated or damaged: ${damages.join("; ")}`);
    const rgb = image.colorSpace === ColorSpace.CMYK ? takeBlack(samplesOf(image, "CMYK")) : samplesOf(image, "RGB");
    return imageOf(height, width, rgb);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`the ${name} file is truncated, damaged, or of a kind that is not read: ${textOf(error)}`);
  } finally {
    image.dispose();
  }
};

/** Whether a warning is about pixels: any of libjpeg, and those about the chunk of a PNG file that has them. */
const isOfPixels = ({ message }: Error): boolean => /JPEGWarningHandler|^IDAT/.test(message);

/** A message of the library without the place in its source. */
const textOf = (error: unknown): string => (error as Error).message.replace(/ *`'.*$/s, "");

/** The samples of all pixels in the order of the channels' names, in memory of their own. */
const samplesOf = (image: IMagickImage, channels: string): Uint8Array =>
  image.getPixels((pixels) => Uint8Array.from(pixels.toByteArray(0, 0, image.width, image.height, channels) ?? []));

/** a · b / 255, rounded, as Pillow writes it. */
const times255 = (a: number, b: number): number => {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
};

/** Cyan, magenta, yellow and black as red, green and blue, by Pillow's formula. */
const takeBlack = (inks: Uint8Array): Uint8Array => {
  const out = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - (inks[from + 3] as number);
    for (let i = 0; i < 3; i++) out[to++] = light - times255(inks[from + i] as number, light);
  }
  return out;
};
