/** Reductions whose rows are long enough for several threads. */

import { groupNorm, map, max, mean, reshape, silu, softmax, sum, type Tensor, variance } from "typegrad";

/** Elements of a row side by side, in whole vectors. */
export const softmaxEven = (x: Tensor<[5, 256]>): Tensor<[5, 256]> => softmax(x, 1);

/** A row that is no whole number of vectors, nor of turns. */
export const softmaxOdd = (x: Tensor<[3, 333]>): Tensor<[3, 333]> => softmax(x, 1);

/** Rows apart in memory, as many as vectors hold. */
export const softmaxApart = (x: Tensor<[150, 8]>): Tensor<[150, 8]> => softmax(x, 0);

/** Groups of three channels: no vector holds one. */
export const normalised = (x: Tensor<[2, 12, 8, 8]>, scale: Tensor<[12]>, bias: Tensor<[12]>): Tensor<[2, 12, 8, 8]> =>
  silu(groupNorm(x, 4 as number, scale, bias));

export const total = (x: Tensor<[200, 301]>): Tensor<[]> => sum(x, [0, 1]);

/** Long sums of few rows, read across them: what a gradient of a bias is. */
export const acrossRows = (x: Tensor<[2, 64, 64, 8]>): Tensor<[8]> => sum(x, [0, 1, 2]);

/** A reduction of what is computed, and maps of its results. */
export const spread = (x: Tensor<[4, 130]>): Tensor<[4]> =>
  map(
    mean(
      map(x, (x) => Math.exp(x)),
      [1],
    ),
    variance(x, [1]),
    max(x, [1]),
    (m, v, most) => m / Math.sqrt(v + 1) - most,
  );

/** Two reductions after each other, the second of what the first has changed. */
export const twice = (x: Tensor<[6, 96]>): Tensor<[6, 96]> => {
  const a = reshape(sum(x, [1]), [6, 1]);
  const y = map(x, a, (x, a) => x * x - a);
  return map(y, reshape(max(y, [1]), [6, 1]), (y, m) => y - m);
};
