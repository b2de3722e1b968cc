/** The test images of a data set in the features of a network: kept in a file, so that neither images nor network are needed again. */

import { existsSync } from "node:fs";
import { readSafetensors, safetensorsChunks } from "typegrad";
import type { Dataset } from "../data/dataset.ts";
import { openFile, writeFile } from "../files/file.ts";
import { datasetImages } from "./dataset-images.ts";
import type { Extract } from "./extract.ts";
import type { Features } from "./features.ts";
import { rowsOf } from "./features.ts";
import { statisticsOf } from "./statistics.ts";
import type { FeatureReference } from "./trade-off.ts";

interface ReferenceTask {
  /** The file that keeps the reference, once it is computed. */
  readonly file: string;
  /** What the reference is of: data set and network. A file of something else is written anew. */
  readonly about: Readonly<Record<string, string>>;
  /** How many images precision and recall are to be computed with; all, where the data set has fewer. */
  readonly count: number;
  /** Opened only where the file does not serve. */
  readonly dataset: () => Dataset;
  readonly extract: () => Promise<Extract>;
}

/** Numbers of a set's images: the first of each class, then the second of each, and so on. */
export const byTurns = (labels: ArrayLike<number>): number[] => {
  const seen = new Map<number, number>();
  const turns = Array.from(labels, (label) => {
    const turn = seen.get(label) ?? 0;
    seen.set(label, turn + 1);
    return turn;
  });
  return Array.from(turns.keys()).sort(
    (a, b) => (turns[a] as number) - (turns[b] as number) || (labels[a] as number) - (labels[b] as number),
  );
};

const kept = async ({ file, about, count }: ReferenceTask): Promise<FeatureReference | undefined> => {
  if (!existsSync(file)) return undefined;
  const source = await openFile(file);
  try {
    const { metadata, read, entries } = await readSafetensors(source);
    if (Object.entries(about).some(([key, value]) => metadata[key] !== value)) return undefined;
    const rows = entries.get("pool")?.shape[0] ?? 0;
    if (rows < count && metadata.images !== `${rows}`) return undefined;
    const [mean, covariance] = [await read("mean"), await read("covariance")];
    return {
      statistics: {
        width: mean.data.length,
        mean: Float64Array.from(mean.data as Float32Array),
        covariance: Float64Array.from(covariance.data as Float32Array),
      },
      pool: rowsOf((await read("pool")) as Features, 0, count),
    };
  } finally {
    await source.close();
  }
};

/** The reference that a file keeps; computed and written, where it keeps another or none. */
export const featureReference = async (task: ReferenceTask): Promise<FeatureReference> => {
  const found = await kept(task);
  if (found !== undefined) return found;
  const { images, labels } = await datasetImages(task.dataset());
  const { pool } = await (await task.extract())(images);
  const [total, width] = pool.shape;
  const { mean, covariance } = statisticsOf(pool, "the reference");
  const count = Math.min(task.count, total);
  const chosen = new Float32Array(count * width);
  byTurns(labels)
    .slice(0, count)
    .forEach((row, i) => {
      chosen.set(pool.data.subarray(row * width, (row + 1) * width), i * width);
    });
  const chunks = safetensorsChunks(
    {
      mean: { dtype: "f32", shape: [width], data: Float32Array.from(mean) },
      covariance: { dtype: "f32", shape: [width, width], data: Float32Array.from(covariance) },
      pool: { dtype: "f32", shape: [count, width], data: chosen },
    },
    { ...task.about, images: `${total}` },
  );
  await writeFile(task.file, chunks);
  // Read again, so that later runs compute with the same numbers.
  return (await kept(task)) as FeatureReference;
};
