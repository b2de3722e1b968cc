/**
 * Improved precision and recall (arXiv 1904.06991): the share of samples that lie where the reference is dense, and of
 * reference images that lie where the samples are.
 */

import { checkFeatures, checkSameWidth, type Features, rowsOf } from "./features.ts";
import { addRowProducts } from "./row-products.ts";

/**
 * Squared Euclidean distances of the rows of a to those of b, [rows of a, rows of b]; none is negative.
 *
 * This file's own are f64 on the processor; `distances.ts` has them as a program for a device. The original takes them in f16
 * where that does not overflow, and so differs in the third decimal of precision and recall.
 */
export type Distances = (
  a: Features,
  b: Features,
) => Float64Array | Float32Array | Promise<Float64Array | Float32Array>;

export interface PrecisionRecallOptions {
  /** How many neighbours a ball reaches to; 3, as in the original. */
  readonly k?: number;
  /** How many images of either side stand in a block of distances. */
  readonly block?: number;
  readonly distances?: Distances;
}

export interface PrecisionRecall {
  /** The share of samples in at least one ball of the reference. */
  readonly precision: number;
  /** The share of reference images in at least one ball of the samples. */
  readonly recall: number;
}

/**
 * Precision and recall, where a ball around an image reaches to its k-th nearest other image of the same set, that included.
 * @throws RangeError for k images or fewer, or features that are not finite; ShapeError for features that differ
 */
export const precisionRecall = async (
  reference: Features,
  samples: Features,
  options: PrecisionRecallOptions = {},
): Promise<PrecisionRecall> => {
  const { block = 1024, distances = squaredDistances } = options;
  checkSameWidth("precisionRecall", reference.shape[1], samples.shape[1]);
  const referenceRadii = await squaredRadii(reference, options, "precisionRecall: reference");
  const sampleRadii = await squaredRadii(samples, options, "precisionRecall: samples");
  const sampleInside = new Uint8Array(samples.shape[0]);
  const referenceInside = new Uint8Array(reference.shape[0]);
  for (const top of starts(reference, block)) {
    const rows = rowsOf(reference, top, top + block);
    for (const left of starts(samples, block)) {
      const columns = rowsOf(samples, left, left + block);
      const found = await distances(rows, columns);
      const width = columns.shape[0];
      for (let i = 0; i < rows.shape[0]; i++) {
        for (let j = 0; j < width; j++) {
          const distance = found[i * width + j] as number;
          if (distance <= (referenceRadii[top + i] as number)) sampleInside[left + j] = 1;
          if (distance <= (sampleRadii[left + j] as number)) referenceInside[top + i] = 1;
        }
      }
    }
  }
  return { precision: shareOf(sampleInside), recall: shareOf(referenceInside) };
};

/**
 * The squared distance of each row to the k-th nearest other row. An equal row is another row.
 * @throws RangeError
 */
export const squaredRadii = async (
  features: Features,
  { k = 3, block = 1024, distances = squaredDistances }: PrecisionRecallOptions = {},
  what = "squaredRadii",
): Promise<Float64Array> => {
  if (!(Number.isInteger(k) && k > 0)) throw new RangeError(`${what}: k is ${k}, and must be a positive integer`);
  checkFeatures(what, features, k + 1);
  const [count] = features.shape;
  // The k + 1 smallest distances of each row, in order: the row itself is one of them.
  const nearest = new Float64Array(count * (k + 1)).fill(Infinity);
  const offer = (row: number, distance: number): void => {
    let place = row * (k + 1) + k;
    if (distance >= (nearest[place] as number)) return;
    for (; place > row * (k + 1) && (nearest[place - 1] as number) > distance; place--)
      nearest[place] = nearest[place - 1] as number;
    nearest[place] = distance;
  };
  // A block beside the diagonal holds the distances of both its sides.
  for (const top of starts(features, block)) {
    const rows = rowsOf(features, top, top + block);
    for (const left of starts(features, block)) {
      if (left > top) break;
      const columns = rowsOf(features, left, left + block);
      const found = await distances(rows, columns);
      const width = columns.shape[0];
      for (let i = 0; i < rows.shape[0]; i++) {
        for (let j = 0; j < width; j++) {
          const distance = found[i * width + j] as number;
          offer(top + i, distance);
          if (left < top) offer(left + j, distance);
        }
      }
    }
  }
  return Float64Array.from({ length: count }, (_, row) => nearest[row * (k + 1) + k] as number);
};

/** ‖a‖² + ‖b‖² − 2 a·b in f64: 0 between equal rows. */
export const squaredDistances = (a: Features, b: Features): Float64Array => {
  const [rows, width] = a.shape;
  const [columns] = b.shape;
  const products = new Float64Array(rows * columns);
  addRowProducts(products, { count: rows, width, data: a.data }, { count: columns, width, data: b.data });
  const own = squaresOf(a);
  const others = squaresOf(b);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const place = i * columns + j;
      products[place] = Math.max(0, (own[i] as number) + (others[j] as number) - 2 * (products[place] as number));
    }
  }
  return products;
};

const squaresOf = ({ shape: [rows, width], data }: Features): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let k = i * width; k < (i + 1) * width; k++) sum += (data[k] as number) ** 2;
    return sum;
  });

const starts = ({ shape: [count] }: Features, block: number): number[] =>
  Array.from({ length: Math.ceil(count / block) }, (_, i) => i * block);

const shareOf = (inside: Uint8Array): number => inside.reduce((sum, value) => sum + value, 0) / inside.length;
