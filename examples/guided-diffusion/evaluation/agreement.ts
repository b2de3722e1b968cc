/** What a classifier of clean images says of samples that were asked for by class. */

import { ShapeError } from "typegrad";
import { checkFeatures, type Features, rowAt } from "./features.ts";
import { squaredDistances } from "./precision-recall.ts";

/**
 * The share of images whose largest logit is that of their label.
 * @throws ShapeError where there are not as many labels as images, RangeError for a label that is no class
 */
export const classAgreement = (logits: Features, labels: ArrayLike<number>): number => {
  const [rows, classes] = logits.shape;
  checkFeatures("classAgreement", logits, 1);
  checkLabels("classAgreement", rows, labels, classes);
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

/**
 * The mean distance between two images of one class, averaged over classes: how various the images of a class are.
 * @throws RangeError for a class with one image; ShapeError as `classAgreement`
 */
export const withinClassSpread = (features: Features, labels: ArrayLike<number>): number => {
  checkFeatures("withinClassSpread", features, 2);
  const [rows, width] = features.shape;
  checkLabels("withinClassSpread", rows, labels, Infinity);
  const members = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const label = labels[row] as number;
    members.set(label, [...(members.get(label) ?? []), row]);
  }
  const spreads = [...members].map(([label, places]) => {
    const count = places.length;
    if (count < 2) throw new RangeError(`withinClassSpread: class ${label} has one image; it takes 2 at least`);
    const data = new Float64Array(count * width);
    for (const [i, row] of places.entries()) data.set(rowAt(features, row), i * width);
    const own: Features = { dtype: "f64", shape: [count, width], data };
    return squaredDistances(own, own).reduce((sum, square) => sum + Math.sqrt(square), 0) / (count * (count - 1));
  });
  return spreads.reduce((sum, value) => sum + value, 0) / spreads.length;
};

const checkLabels = (what: string, rows: number, labels: ArrayLike<number>, classes: number): void => {
  if (labels.length !== rows) throw new ShapeError(`${what}: ${labels.length} labels for ${rows} images`);
  for (let row = 0; row < rows; row++) {
    const label = labels[row] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      throw new RangeError(
        `${what}: label ${label} of image ${row} is no class; they are whole numbers from 0 to ${classes - 1}`,
      );
  }
};
