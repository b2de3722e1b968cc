/**
 * The Fréchet distance between two normal distributions (arXiv 1706.08500): FID of pool features, sFID (arXiv 2103.03841) of
 * spatial ones.
 */

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { checkSameWidth } from "./features.ts";
import { addRowProducts } from "./row-products.ts";
import type { Statistics } from "./statistics.ts";

/**
 * ‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr √(Σ₁ Σ₂).
 *
 * With few images the distance is biased upwards: compare at equal numbers of images only.
 * @throws ShapeError for statistics of different features, RangeError for those that are not finite
 */
export const frechetDistance = (reference: Statistics, samples: Statistics): number => {
  const { width } = reference;
  checkSameWidth("frechetDistance", width, samples.width);
  checkFinite("the reference", reference);
  checkFinite("the samples", samples);
  const means = reference.mean.reduce((sum, value, i) => sum + (value - (samples.mean[i] as number)) ** 2, 0);
  const traces = traceOf(reference.covariance, width) + traceOf(samples.covariance, width);
  return means + traces - 2 * traceOfRoot(reference.covariance, samples.covariance, width);
};

const checkFinite = (what: string, { mean, covariance }: Statistics): void => {
  for (const [name, numbers] of Object.entries({ mean, covariance })) {
    const wrong = numbers.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new RangeError(
        `frechetDistance: the ${name} of ${what} has ${numbers[wrong]} at ${wrong}; statistics must be finite`,
      );
  }
};

/**
 * tr √(Σ₁ Σ₂) = Σ √λ over the eigenvalues λ of R Σ₂ Rᵀ, where Σ₁ = Rᵀ R: a symmetric matrix with the eigenvalues of Σ₁ Σ₂
 * that are not zero. So there is no root of a matrix that is not symmetric, which fails or turns complex where a covariance is
 * singular, and nothing to add to a diagonal.
 * @throws RangeError for covariances whose product is not finite
 */
export const traceOfRoot = (first: Float64Array, second: Float64Array, width: number): number => {
  const root = factorOf(first, width);
  if (root.count === 0) return 0;
  const half = new Float64Array(root.count * width);
  addRowProducts(half, root, { count: width, width, data: second });
  const product = new Float64Array(root.count * root.count);
  addRowProducts(product, { ...root, data: half }, root);
  if (!product.every(Number.isFinite))
    throw new RangeError("traceOfRoot: the product of the covariances is not finite; features this large need a scale");
  const { realEigenvalues } = new EigenvalueDecomposition(Matrix.from1DArray(root.count, root.count, product), {
    assumeSymmetric: true,
  });
  // Rounding makes some zeros negative.
  return realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
};

const traceOf = (matrix: Float64Array, width: number): number => {
  let trace = 0;
  for (let i = 0; i < width; i++) trace += matrix[i * width + i] as number;
  return trace;
};

/**
 * R [rank, width] with Rᵀ R the matrix, which is positive semidefinite: Cholesky's factor, each row of which takes the largest
 * element of what remains of the diagonal, until nothing remains but rounding (Higham, Accuracy and Stability of Numerical
 * Algorithms, 10.3).
 */
const factorOf = (matrix: Float64Array, width: number) => {
  const remaining = Float64Array.from({ length: width }, (_, i) => matrix[i * width + i] as number);
  const least = remaining.reduce((most, value) => Math.max(most, value), 0) * width * Number.EPSILON;
  // Rows above are taken four at a time; those that are not there yet are zeros.
  const data = new Float64Array((width + 3) * width);
  const row = new Float64Array(width);
  let count = 0;
  for (; count < width; count++) {
    const pivot = remaining.reduce((best, value, i) => (value > (remaining[best] as number) ? i : best), 0);
    const largest = remaining[pivot] as number;
    if (largest <= least) break;
    row.set(matrix.subarray(pivot * width, (pivot + 1) * width));
    for (let above = 0; above < count; above += 4) subtractRows(row, data, above * width, pivot);
    const unit = 1 / Math.sqrt(largest);
    for (let j = 0; j < width; j++) {
      row[j] = (row[j] as number) * unit;
      (remaining[j] as number) -= (row[j] as number) ** 2;
    }
    remaining[pivot] = -Infinity;
    data.set(row, count * width);
  }
  return { count, width, data: data.subarray(0, count * width) };
};

/** Subtracts from a row four rows of a matrix, the first at a place, each times its element in a column. */
const subtractRows = (row: Float64Array, matrix: Float64Array, place: number, column: number): void => {
  const width = row.length;
  const [first, second, third, fourth] = [place, place + width, place + 2 * width, place + 3 * width];
  const a = matrix[first + column] as number;
  const b = matrix[second + column] as number;
  const c = matrix[third + column] as number;
  const d = matrix[fourth + column] as number;
  for (let j = 0; j < width; j++) {
    (row[j] as number) -=
      a * (matrix[first + j] as number) +
      b * (matrix[second + j] as number) +
      c * (matrix[third + j] as number) +
      d * (matrix[fourth + j] as number);
  }
};
