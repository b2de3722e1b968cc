/** What a classifier of clean images says of samples that were asked for by class. */

import { ShapeError } from "typegrad";
import { checkFeatures, type Features, rowAt } from "./features.ts";

const checkLabels = ([rows, classes]: Features["shape"], labels: ArrayLike<number>): void => {
  if (labels.length !== rows) throw new ShapeError(`classAgreement: ${labels.length} labels for ${rows} images`);
  for (let row = 0; row < rows; row++) {
    const label = labels[row] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new RangeError(
        `classAgreement: label ${label} of image ${row} is no class; they are whole numbers from 0 to ${classes - 1}`,
      );
  }
};

/**
 * The share of images whose largest logit is that of their label.
 * @throws ShapeError where there are not as many labels as images, RangeError for a label that is no class
 */
export const classAgreement = (logits: Features, labels: ArrayLike<number>): number => {
  const [rows] = logits.shape;
  checkFeatures("classAgreement", logits, 1);
  checkLabels(logits.shape, labels);
  let agreed = 0;
  for (let row = 0; row < rows; row++) {
    const own = rowAt(logits, row);
    const best = own.reduce((best, value, i) => (value > (own[best] as number) ? i : best), 0);
    if (best === labels[row]) agreed++;
  }
  return agreed / rows;
};

/** The mean entropy of softmax(logits), in nats: 0 where the classifier is sure of every image. */
export const meanEntropy = (logits: Features): number => {
  checkFeatures("meanEntropy", logits, 1);
  const [rows] = logits.shape;
  let total = 0;
  for (let row = 0; row < rows; row++) {
    const own = rowAt(logits, row);
    const largest = own.reduce((most, value) => Math.max(most, value), -Infinity);
    const logSum = Math.log(own.reduce((sum, value) => sum + Math.exp(value - largest), 0)) + largest;
    total += own.reduce((sum, value) => sum + Math.exp(value - logSum) * (logSum - value), 0);
  }
  return total / rows;
};
