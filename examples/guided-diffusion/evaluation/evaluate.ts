/**
 * The five numbers of the original's evaluator: Inception Score, FID, sFID, precision and recall of samples against a
 * reference.
 */

import { ShapeError } from "typegrad";
import type { Extract, ExtractedFeatures } from "./extract.ts";
import type { Features } from "./features.ts";
import { frechetDistance } from "./fid.ts";
import type { ImageSet } from "./images.ts";
import { gatherScore } from "./inception-score.ts";
import { type PrecisionRecall, type PrecisionRecallOptions, precisionRecall } from "./precision-recall.ts";
import type { FeatureStatistics, Reference } from "./reference.ts";
import { gatherStatistics } from "./statistics.ts";

export interface Evaluation extends PrecisionRecall {
  /** Where the network gives logits. */
  readonly inceptionScore?: number;
  readonly fid: number;
  /** Where network and reference have spatial features. */
  readonly sfid?: number;
}

/** What is known of a set of images once all have been through the network. */
export interface GatheredFeatures {
  /** Of every image. */
  readonly pool: Features;
  readonly statistics: FeatureStatistics;
  readonly inceptionScore?: number;
}

export interface GatherOptions {
  /** How many images are read at a time; 64, as in the original. */
  readonly batch?: number;
  /** Images in a chunk of the Inception Score; 5000. */
  readonly chunk?: number;
  /** How many images are done, of all of them. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Statistics to take as the set's, in place of those of its images. */
  readonly statistics?: FeatureStatistics | undefined;
  /** Names the set in messages. */
  readonly what?: string;
}

/**
 * Sends images through a network, batch by batch. Only the pool features of each image stay in memory: 8 KiB an image with
 * Inception.
 * @throws RangeError for fewer than two images, or features that are not finite
 */
export const gatherFeatures = async (
  images: ImageSet,
  extract: Extract,
  { batch = 64, chunk, onProgress, statistics: known, what = "images" }: GatherOptions = {},
): Promise<GatheredFeatures> => {
  const [total] = images.shape;
  const poolStatistics = gatherStatistics(`${what}: pool features`);
  const spatialStatistics = gatherStatistics(`${what}: spatial features`);
  const score = gatherScore(chunk);
  let pool: Float32Array | undefined;
  let done = 0;
  let last: ExtractedFeatures | undefined;
  for await (const part of images.batches(batch)) {
    last = await extract(part);
    const [rows, width] = last.pool.shape;
    if (rows !== part.shape[0])
      throw new ShapeError(`${what}: the network gave features of ${rows} images for ${part.shape[0]}`);
    if (known === undefined) {
      poolStatistics.add(last.pool);
      if (last.spatial) spatialStatistics.add(last.spatial);
    }
    if (last.logits) score.add(last.logits);
    pool ??= new Float32Array(total * width);
    pool.set(last.pool.data, done * width);
    done += rows;
    onProgress?.(done, total);
  }
  const statistics = known ?? {
    pool: poolStatistics.statistics(),
    ...(last?.spatial && { spatial: spatialStatistics.statistics() }),
  };
  return {
    pool: { dtype: "f32", shape: [done, last?.pool.shape[1] ?? 0], data: pool ?? new Float32Array() },
    statistics,
    ...(last?.logits && { inceptionScore: score.score() }),
  };
};

export interface EvaluateOptions
  extends Omit<GatherOptions, "onProgress" | "statistics" | "what">,
    PrecisionRecallOptions {
  /** How many images of a set are done, of all of them. */
  readonly onProgress?: (set: "reference" | "samples", done: number, total: number) => void;
}

/**
 * Compares samples with a reference: precision and recall by the images of both, the distances by the statistics of the
 * reference's file where it has some.
 * @throws as its parts: ShapeError where the statistics are another network's, RangeError for too few images
 */
export const evaluate = async (
  reference: Reference,
  samples: ImageSet,
  extract: Extract,
  { onProgress, ...options }: EvaluateOptions = {},
): Promise<Evaluation> => {
  const gather = (what: "reference" | "samples", images: ImageSet, statistics?: FeatureStatistics) =>
    gatherFeatures(images, extract, {
      ...options,
      what,
      statistics,
      ...(onProgress && { onProgress: (done, total) => onProgress(what, done, total) }),
    });
  const expected = await gather("reference", reference.images, reference.statistics);
  return compareFeatures(expected, await gather("samples", samples), options);
};

/** The numbers of two sets whose features are at hand. */
export const compareFeatures = async (
  reference: GatheredFeatures,
  samples: GatheredFeatures,
  options?: PrecisionRecallOptions,
): Promise<Evaluation> => {
  const { pool, spatial } = samples.statistics;
  const { inceptionScore } = samples;
  return {
    ...(inceptionScore !== undefined && { inceptionScore }),
    fid: frechetDistance(reference.statistics.pool, pool),
    ...(spatial && reference.statistics.spatial && { sfid: frechetDistance(reference.statistics.spatial, spatial) }),
    ...(await precisionRecall(reference.pool, samples.pool, options)),
  };
};
