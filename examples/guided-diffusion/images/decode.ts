/** Image files of any kind that is read, told apart by what is in them: data sets have files with other endings. */

import { type ByteSource, FormatError } from "typegrad";
import { inPart, readPart } from "../files/part.ts";
import type { Image } from "./image.ts";
import { decodeJpeg } from "./jpeg-decoder.ts";
import { decodePng, pngSignature } from "./png-decoder.ts";

/**
 * The pixels of a PNG or JPEG file, as Pillow's `convert("RGB")` gives them.
 * @throws FormatError for a file that is damaged, or no such image
 */
export const decodeImage = async (source: ByteSource): Promise<Image> => {
  const bytes = await readPart(source, 0, source.size, "the image");
  return inPart(source, "the image", async () => {
    if (pngSignature.every((byte, i) => bytes[i] === byte)) return decodePng(bytes);
    if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes);
    throw new FormatError("this is neither a PNG nor a JPEG file");
  });
};
