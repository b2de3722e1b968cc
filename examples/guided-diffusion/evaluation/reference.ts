/** Reference batches of the original's evaluator: images, and perhaps the statistics of a whole data set. */

import { type Host, ShapeError } from "typegrad";
import { type ArrayFile, type ImageSet, imagesIn } from "./images.ts";
import type { Statistics } from "./statistics.ts";

/** Statistics of pool and spatial features. */
export interface FeatureStatistics {
  readonly pool: Statistics;
  /** Where the network has spatial features. */
  readonly spatial?: Statistics;
}

export interface Reference {
  /** For precision and recall; and for the statistics, where the file has none. */
  readonly images: ImageSet;
  /** Of more images than the file has. */
  readonly statistics?: FeatureStatistics;
}

/**
 * A reference batch: `arr_0`, and of the whole data set `mu`, `sigma` of pool features and `mu_s`, `sigma_s` of spatial ones.
 * @throws ShapeError, TypeError, RangeError for arrays that are not what they should be; `what` names the file
 */
export const readReference = async (file: ArrayFile, what = "the reference"): Promise<Reference> => {
  const images = imagesIn(file, what);
  if (!file.entries.has("mu")) return { images };
  const pool = await readStatistics(file, what, "mu", "sigma");
  if (!file.entries.has("mu_s")) return { images, statistics: { pool } };
  return { images, statistics: { pool, spatial: await readStatistics(file, what, "mu_s", "sigma_s") } };
};

const readStatistics = async (file: ArrayFile, what: string, mu: string, sigma: string): Promise<Statistics> => {
  const mean = numbersOf(await file.read(mu), `${what}: ${mu}`);
  if (!file.entries.has(sigma)) throw new TypeError(`${what}: there is ${mu}, but no ${sigma}, its covariance`);
  const covariance = await file.read(sigma);
  const width = mean.length;
  const { shape } = covariance;
  if (shape.length !== 2 || shape[0] !== width || shape[1] !== width)
    throw new ShapeError(
      `${what}: ${sigma} is [${shape.join(", ")}], and must be [${width}, ${width}] for the ${width} features of ${mu}`,
    );
  return { width, mean, covariance: numbersOf(covariance, `${what}: ${sigma}`) };
};

const numbersOf = ({ dtype, data }: Host, what: string): Float64Array => {
  if (dtype !== "f64" && dtype !== "f32") throw new TypeError(`${what} is ${dtype}, and must be f64 or f32`);
  const numbers = Float64Array.from(data as Float64Array | Float32Array);
  const wrong = numbers.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new RangeError(`${what} has ${numbers[wrong]} at ${wrong}, and must be finite`);
  return numbers;
};
