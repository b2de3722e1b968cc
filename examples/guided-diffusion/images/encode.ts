/** Images as PNG files. */

import type { Image } from "./image.ts";
import { openMagick } from "./magick.ts";

/** The bytes of a PNG file: eight bits of red, green and blue, the same for the same image. */
export const encodePng = async ({ shape: [height, width], data }: Image): Promise<Uint8Array> => {
  const { MagickFormat, MagickImage, MagickReadSettings } = await openMagick();
  const settings = new MagickReadSettings({ format: MagickFormat.Rgb, width, height, depth: 8 });
  const image = MagickImage.create(data, settings);
  try {
    // Nothing but the pixels: not the time at which they were written.
    image.settings.setDefine(MagickFormat.Png, "exclude-chunks", "all");
    return image.write(MagickFormat.Png24, (bytes) => Uint8Array.from(bytes));
  } finally {
    image.dispose();
  }
};
