/** What guidance gives and takes: samples of a guidance scale, measured against a data set in the features of a network. */

import { classAgreement, meanEntropy } from "./agreement.ts";
import type { ExtractedFeatures } from "./extract.ts";
import type { Features } from "./features.ts";
import { frechetDistance } from "./fid.ts";
import { inceptionScore } from "./inception-score.ts";
import { precisionRecall } from "./precision-recall.ts";
import type { Statistics } from "./statistics.ts";

/** A data set in the features of a network. */
export interface FeatureReference {
  /** Of all its images. */
  readonly statistics: Statistics;
  /** Of as many images as there are samples, about: precision and recall ask for sets of like size. */
  readonly pool: Features;
}

export interface TradeOff {
  readonly frechet: number;
  readonly precision: number;
  readonly recall: number;
  /** exp of the mutual information of image and class, by the network's classes. */
  readonly score: number;
  /** The share of samples whose class is the one that was asked for; where the network's classes are those of labels. */
  readonly agreement?: number | undefined;
  /** Of the network's classes, in nats; with the agreement. */
  readonly entropy?: number | undefined;
}

/**
 * Measures samples.
 * @throws as its parts: RangeError for too few samples, ShapeError for features of another network
 */
export const measureTradeOff = async (
  reference: FeatureReference,
  statistics: Statistics,
  { pool, logits }: ExtractedFeatures,
  labels: ArrayLike<number> | undefined,
): Promise<TradeOff> => {
  if (logits === undefined) throw new RangeError("measureTradeOff: the network gives no logits");
  return {
    frechet: frechetDistance(reference.statistics, statistics),
    ...(await precisionRecall(reference.pool, pool)),
    score: inceptionScore(logits),
    ...(labels && { agreement: classAgreement(logits, labels), entropy: meanEntropy(logits) }),
  };
};
