/** ImageMagick, which has libpng and libjpeg-turbo, as WebAssembly: started when the first image is read or written. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

type Magick = typeof import("@imagemagick/magick-wasm");

const start = async (): Promise<Magick> => {
  const magick = await import("@imagemagick/magick-wasm");
  const binary = createRequire(import.meta.url).resolve("@imagemagick/magick-wasm/magick.wasm");
  await magick.initializeImageMagick(await readFile(binary));
  return magick;
};

let started: Promise<Magick> | undefined;

export const openMagick = (): Promise<Magick> => {
  started ??= start();
  return started;
};
