/** The Inception Score (arXiv 1606.03498): how sure a classifier is of each image, and how many classes the images have. */

import { checkFeatures, checkSameWidth, type Features } from "./features.ts";
import { addRowProducts } from "./row-products.ts";

/** Takes logits as they come, and gives the score of all that came. */
export interface ScoreGatherer {
  /** @throws ShapeError for another number of classes than before, RangeError for a logit that is not finite */
  readonly add: (logits: Features) => void;
  /** @throws RangeError where nothing came */
  readonly score: () => number;
}

/**
 * exp(mean over images of Σ p log(p / mean p)) of each `chunk` consecutive images, and the mean of that over chunks; a short
 * last chunk counts like the others. The logits of the original's evaluator leave out the bias of the last layer.
 */
export const gatherScore = (chunk = 5000): ScoreGatherer => {
  if (!(Number.isInteger(chunk) && chunk > 0))
    throw new RangeError(`inceptionScore: chunks of ${chunk} images; it takes a positive integer`);
  const scores: number[] = [];
  /** Of the chunk that is not full: images, Σ over them of Σ p log p, and Σ over them of p. */
  let images = 0;
  let sureness = 0;
  let sums = new Float64Array();

  /** With m the mean of p: Σ p log(p / m) on average is Σ p log p on average, less Σ m log m. */
  const score = (): number => {
    const spread = sums.reduce((total, sum) => total + (sum === 0 ? 0 : (sum / images) * Math.log(sum / images)), 0);
    return Math.exp(sureness / images - spread);
  };

  const add = (logits: Features): void => {
    checkFeatures("inceptionScore", logits, 0);
    const {
      shape: [rows, classes],
      data,
    } = logits;
    if (sums.length === 0) sums = new Float64Array(classes);
    checkSameWidth("inceptionScore: logits", sums.length, classes);
    for (let row = 0; row < rows; row++) {
      sureness += addProbabilities(sums, data.subarray(row * classes, (row + 1) * classes));
      images++;
      if (images < chunk) continue;
      scores.push(score());
      images = 0;
      sureness = 0;
      sums.fill(0);
    }
  };

  return {
    add,
    score: () => {
      const all = images > 0 ? [...scores, score()] : scores;
      if (all.length === 0) throw new RangeError("inceptionScore: no images came; it takes 1 at least");
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    },
  };
};

/** Adds p = softmax(logits) to the sums, and gives Σ p log p. */
const addProbabilities = (sums: Float64Array, logits: Float32Array | Float64Array): number => {
  let largest = -Infinity;
  for (const logit of logits) largest = Math.max(largest, logit);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - largest);
  const logTotal = Math.log(total) + largest;
  let sureness = 0;
  for (let i = 0; i < logits.length; i++) {
    const logP = (logits[i] as number) - logTotal;
    const p = Math.exp(logP);
    (sums[i] as number) += p;
    sureness += p * logP;
  }
  return sureness;
};

/** The score of logits that are there at once, [images, classes]. */
export const inceptionScore = (logits: Features, chunk?: number): number => {
  const { add, score } = gatherScore(chunk);
  add(logits);
  return score();
};

/**
 * Logits of pool features: their products with the rows of the last layer's weight, [classes, width], without its bias.
 * @throws ShapeError
 */
export const logitsOf = (features: Features, weight: Features): Features => {
  checkFeatures("logitsOf", features, 0);
  checkFeatures("logitsOf: weight", weight, 1);
  const [rows, width] = features.shape;
  const [classes, inputs] = weight.shape;
  if (width !== inputs)
    throw new RangeError(
      `logitsOf: weight [${classes}, ${inputs}] takes ${inputs} features, and an image has ${width}`,
    );
  const data = new Float64Array(rows * classes);
  addRowProducts(data, { count: rows, width, data: features.data }, { count: classes, width, data: weight.data });
  return { dtype: "f64", shape: [rows, classes], data };
};
