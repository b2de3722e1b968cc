/** Images and labels of an archive as the original's scripts write them: what is upsampled, or measured. */

import type { Host } from "typegrad";
import { openFile } from "../files/file.ts";
import { readNpz } from "../files/npz.ts";
import { UsageError } from "./faults.ts";

/** Images as bytes, the channels last. */
export interface Images {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Uint8Array;
  /** Of each image, where the file has them. */
  readonly labels?: readonly number[] | undefined;
}

const labelsOf = (file: string, host: Host, count: number): readonly number[] => {
  if (host.shape.length !== 1 || host.shape[0] !== count)
    throw new UsageError(
      `${file}: arr_1 is [${host.shape.join(", ")}], and must have a label for each of ${count} images`,
    );
  return Array.from(host.data as ArrayLike<number | bigint>, Number);
};

/**
 * Reads `arr_0`, bytes of [count, height, width, channels], and `arr_1`, labels, where it is there.
 * @throws UsageError for arrays of another form; FormatError for a damaged file
 */
export const readImages = async (file: string): Promise<Images> => {
  const source = await openFile(file);
  try {
    const npz = await readNpz(source);
    const entry = npz.entries.get("arr_0");
    const [count = 0, height = 0, width = 0, channels = 0] = entry?.shape ?? [];
    if (entry?.dtype !== "u8" || entry.shape.length !== 4 || count < 1)
      throw new UsageError(
        `${file}: it must have arr_0, images of u8[count, height, width, channels]${entry === undefined ? "" : `, and has ${entry.dtype}[${entry.shape.join(", ")}]`}`,
      );
    const data = (await npz.read("arr_0")).data as Uint8Array;
    const labels = npz.entries.has("arr_1") ? labelsOf(file, await npz.read("arr_1"), count) : undefined;
    return { count, height, width, channels, data, ...(labels && { labels }) };
  } finally {
    await source.close();
  }
};

/** Labels for a network with classes. */
export const checkedLabels = (file: string, { labels }: Pick<Images, "labels">, classes: number): readonly number[] => {
  if (labels === undefined)
    throw new UsageError(
      `${file}: there are no labels (arr_1) in it, and the network is told one of ${classes} classes`,
    );
  const wrong = labels.find((label) => !(label >= 0 && label < classes));
  if (wrong !== undefined)
    throw new UsageError(`${file}: it has the label ${wrong}; there are ${classes} classes, 0 to ${classes - 1}`);
  return labels;
};

/** A part of the images, from `first` on; after the last comes the first again. */
export const takeImages = (
  { count, height, width, channels, data }: Images,
  first: number,
  batch: number,
): Uint8Array => {
  const size = height * width * channels;
  const out = new Uint8Array(batch * size);
  for (let i = 0; i < batch; i++) {
    const at = (first + i) % count;
    out.set(data.subarray(at * size, (at + 1) * size), i * size);
  }
  return out;
};
