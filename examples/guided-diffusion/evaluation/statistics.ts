/** Mean and covariance of features, gathered batch by batch in f64: no more than one batch and the sums lie in memory. */

import { ShapeError } from "typegrad";
import { checkFeatures, type Features } from "./features.ts";
import { addRowProducts } from "./row-products.ts";

/** What the Fréchet distance knows of a set of images. */
export interface Statistics {
  readonly width: number;
  readonly mean: Float64Array;
  /** [width, width], with n − 1 in the denominator. */
  readonly covariance: Float64Array;
}

/** Takes features as they come, and gives the statistics of all that came. */
export interface StatisticsGatherer {
  /** @throws ShapeError for another width than before, RangeError for a feature that is not finite */
  readonly add: (features: Features) => void;
  /** @throws RangeError for fewer than two images: they have no covariance */
  readonly statistics: () => Statistics;
}

/**
 * Joins batches by the mean and the scatter Σ (x − mean)(x − mean)ᵀ of each (Chan, Golub and LeVeque, 1979), so that no
 * small difference of large sums is ever taken: with δ between the means of n and m images, scatter gains n m / (n + m) δ δᵀ.
 * `what` names the set in messages.
 */
export const gatherStatistics = (what: string): StatisticsGatherer => {
  let count = 0;
  let mean = new Float64Array();
  /** The lower triangle. */
  let scatter = new Float64Array();

  const add = (features: Features): void => {
    checkFeatures(what, features, 0);
    const [rows, width] = features.shape;
    if (rows === 0) return;
    if (count === 0) {
      mean = new Float64Array(width);
      scatter = new Float64Array(width * width);
    }
    if (width !== mean.length)
      throw new ShapeError(`${what}: a batch has ${width} features an image, and those before have ${mean.length}`);
    const batchMean = meanOf(features);
    const centred = centredColumns(features, batchMean);
    addRowProducts(scatter, centred, centred, true);
    const weight = (count * rows) / (count + rows);
    const delta = batchMean.map((value, j) => value - (mean[j] as number));
    if (weight > 0) {
      for (let i = 0; i < width; i++) {
        const scale = weight * (delta[i] as number);
        for (let j = 0; j <= i; j++) (scatter[i * width + j] as number) += scale * (delta[j] as number);
      }
    }
    count += rows;
    for (let j = 0; j < width; j++) (mean[j] as number) += ((delta[j] as number) * rows) / count;
  };

  const statistics = (): Statistics => {
    if (count < 2)
      throw new RangeError(
        `${what}: ${count} ${count === 1 ? "image has" : "images have"} no covariance; it takes 2 at least`,
      );
    const width = mean.length;
    const covariance = new Float64Array(width * width);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) {
        const entry = (scatter[i * width + j] as number) / (count - 1);
        covariance[i * width + j] = entry;
        covariance[j * width + i] = entry;
      }
    }
    return { width, mean: mean.slice(), covariance };
  };

  return { add, statistics };
};

/** The statistics of features that are there at once. */
export const statisticsOf = (features: Features, what = "statisticsOf"): Statistics => {
  const { add, statistics } = gatherStatistics(what);
  add(features);
  return statistics();
};

const meanOf = ({ shape: [rows, width], data }: Features): Float64Array => {
  const sums = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) (sums[j] as number) += data[i * width + j] as number;
  }
  return sums.map((sum) => sum / rows);
};

/** What each feature has more than its mean, one feature a row. */
const centredColumns = ({ shape: [rows, width], data }: Features, mean: Float64Array) => {
  const centred = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < width; j++) centred[j * rows + i] = (data[i * width + j] as number) - (mean[j] as number);
  }
  return { count: width, width: rows, data: centred };
};
