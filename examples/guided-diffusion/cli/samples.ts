/** Samples as files: an archive as the original's, under the original's name where a folder is given. */

import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Host } from "typegrad";
import { writeFile } from "../files/file.ts";
import { npzChunks } from "../files/npz-writer.ts";
import { tensorFileOf } from "../files/tensor-file.ts";
import { encodePng } from "../images/encode.ts";
import { type Batch, grid } from "../images/grid.ts";
import { UsageError } from "./faults.ts";

/** Images as bytes, [count, height, width, channels], and their labels where they have any. */
export interface Samples {
  readonly images: Host<readonly [count: number, height: number, width: number, channels: number], "u8">;
  readonly labels?: Host<readonly [count: number], "i64">;
}

/** Images in [−1, 1], [batch, channels, height, width], as bytes with the channels last; fractions are dropped. */
export const toBytes = (data: ArrayLike<number>, [batch, channels, height, width]: readonly number[]): Uint8Array => {
  const [b, c, places] = [batch as number, channels as number, (height as number) * (width as number)];
  const out = new Uint8Array(b * c * places);
  for (let i = 0; i < b; i++) {
    for (let channel = 0; channel < c; channel++) {
      const from = (i * c + channel) * places;
      for (let place = 0; place < places; place++) {
        const value = ((data[from + place] as number) + 1) * 127.5;
        out[(i * places + place) * c + channel] = Math.min(Math.max(value, 0), 255);
      }
    }
  }
  return out;
};

/** Bytes as images in [−1, 1], the channels first. */
export const fromBytes = (
  data: ArrayLike<number>,
  [batch, height, width, channels]: readonly number[],
): Float32Array => {
  const [b, c, places] = [batch as number, channels as number, (height as number) * (width as number)];
  return Float32Array.from({ length: b * c * places }, (_, at) => {
    const [place, channel, i] = [at % places, Math.floor(at / places) % c, Math.floor(at / (places * c))];
    return (data[(i * places + place) * c + channel] as number) / 127.5 - 1;
  });
};

export const isFile = (out: string): boolean => [".npz", ".png"].includes(path.extname(out));

/** Whether a name is a folder's; undefined where there is nothing. */
export const isFolder = async (name: string): Promise<boolean | undefined> =>
  stat(name).then(
    (found) => found.isDirectory(),
    () => undefined,
  );

/**
 * Whether samples can be written there, found out before they are computed. Folders that are not there yet are made later.
 * @throws UsageError
 */
export const checkOut = async (out: string): Promise<void> => {
  const found = await isFolder(out);
  if (isFile(out) && found === true) throw new UsageError(`--out ${out}: it is a folder; name a file in it`);
  if (!isFile(out) && found === false)
    throw new UsageError(`--out ${out}: it is a file of another kind; give a .npz or a folder`);
  let folder = path.resolve(isFile(out) ? path.dirname(out) : out);
  while ((await isFolder(folder)) === undefined && folder !== path.dirname(folder)) folder = path.dirname(folder);
  if ((await isFolder(folder)) === false) throw new UsageError(`--out ${out}: ${folder} is no folder`);
  await access(folder, constants.W_OK | constants.X_OK).catch(() => {
    throw new UsageError(`--out ${out}: the folder ${folder} cannot be written`);
  });
};

/**
 * Images as sheets have them: gray ones as red, green and blue alike.
 * @throws UsageError for another number of channels
 */
export const inColor = ({ shape: [count, height, width, channels], data }: Samples["images"]): Batch => {
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`a .png has images of 1 or 3 channels, and these have ${channels}; write a .npz`);
  const color =
    channels === 3 ? data : Uint8Array.from({ length: 3 * data.length }, (_, i) => data[Math.floor(i / 3)] as number);
  return { dtype: "u8", shape: [count, height, width, 3], data: color };
};

/** Writes samples, and gives the name of the file. It has its name when it is whole. */
export const writeSamples = async (out: string, { images, labels }: Samples): Promise<string> => {
  const name = isFile(out) ? out : path.join(out, `samples_${images.shape.join("x")}.npz`);
  await mkdir(path.dirname(name), { recursive: true });
  const chunks = name.endsWith(".png")
    ? [await encodePng(grid(inColor(images)))]
    : npzChunks(tensorFileOf({ arr_0: images, ...(labels && { arr_1: labels }) }));
  await writeFile(name, chunks);
  return name;
};
