/** A folder of small random pictures in two classes, to train on. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageOf } from "../../examples/guided-diffusion/images/image.ts";
import { encodePng } from "../../examples/guided-diffusion/images/png-encoder.ts";

/** Writes `count` pictures of size × size; those of class `dog` are darker. */
export const writeTrainingImages = (folder: string, count: number, size: number): void => {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    const isDog = i % 2 === 1;
    const bytes = Uint8Array.from(
      { length: size * size * 3 },
      (_, at) => ((at * (i + 3) * 29) % 128) + (isDog ? 0 : 128),
    );
    writeFileSync(join(folder, `${isDog ? "dog" : "cat"}_${i}.png`), encodePng(imageOf(size, size, bytes)));
  }
};
