/** Golden images: files, and the pixels that Pillow gives of them. */

import { bytesSource, readSafetensors } from "typegrad";
import type { Image } from "../../../../examples/guided-diffusion/images/image.ts";
import { imageOf } from "../../../../examples/guided-diffusion/images/image.ts";
import { goldenBytes } from "../files/sources.ts";

const tensors = await readSafetensors(bytesSource(goldenBytes("images.safetensors"), "images.safetensors"));

/** An image of `images.safetensors`; `undefined` where there is none of that name. */
export const goldenImage = async (name: string): Promise<Image | undefined> =>
  tensors.entries.has(name) ? ((await tensors.read(name)) as Image) : undefined;

/** The first byte in which images differ, `-1` where they are equal; sizes that differ are an error. */
export const firstDifference = (a: Image, b: Image): number => {
  if (a.shape.join() !== b.shape.join()) throw new Error(`[${a.shape}] is not [${b.shape}]`);
  return a.data.findIndex((value, i) => value !== b.data[i]);
};

/** An image of which each byte is given by its place. */
export const made = (height: number, width: number, value: (y: number, x: number, channel: number) => number): Image =>
  imageOf(
    height,
    width,
    Uint8Array.from({ length: height * width * 3 }, (_, i) =>
      value(Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3),
    ),
  );
