/** The dot products of rows: the one inner loop of covariances, distances and matrix products, in f64. */

/** A matrix by rows. */
export interface Rows {
  readonly count: number;
  readonly width: number;
  readonly data: Float32Array | Float64Array;
}

const inDoubles = (data: Float32Array | Float64Array): Float64Array =>
  data instanceof Float64Array ? data : Float64Array.from(data);

/**
 * out[i, j] += Σ a[i, k] · b[j, k], that is out += A Bᵀ; with `lower`, where j ≤ i at least.
 * Every sum is taken in the order of k, so equal rows give equal products wherever they stand.
 */
export const addRowProducts = (out: Float64Array, a: Rows, b: Rows, lower = false): void => {
  // f64 throughout, so that the loops meet one kind of array.
  const left = inDoubles(a.data);
  const right = a.data === b.data ? left : inDoubles(b.data);
  const { width } = a;
  for (let i = 0; i < a.count; i += 2) {
    const end = lower ? Math.min(i + 2, b.count) : b.count;
    for (let j = 0; j < end; j += 4) {
      if (i + 2 <= a.count && j + 4 <= b.count) addTile(out, left, right, width, i, j, b.count);
      else addEdge(out, left, right, width, i, j, a.count, b.count);
    }
  }
};

/** Two rows with four: eight sums, and each element that is loaded is used two or four times. */
const addTile = (
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  width: number,
  i: number,
  j: number,
  columns: number,
): void => {
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  for (let k = 0, p = i * width, q = j * width; k < width; k++, p++, q++) {
    const a0 = a[p] as number;
    const a1 = a[p + width] as number;
    const b0 = b[q] as number;
    const b1 = b[q + width] as number;
    const b2 = b[q + 2 * width] as number;
    const b3 = b[q + 3 * width] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
  }
  const first = i * columns + j;
  const second = first + columns;
  (out[first] as number) += s00;
  (out[first + 1] as number) += s01;
  (out[first + 2] as number) += s02;
  (out[first + 3] as number) += s03;
  (out[second] as number) += s10;
  (out[second + 1] as number) += s11;
  (out[second + 2] as number) += s12;
  (out[second + 3] as number) += s13;
};

/** What is left of a tile at the ends. */
const addEdge = (
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  width: number,
  top: number,
  start: number,
  rows: number,
  columns: number,
): void => {
  for (let i = top; i < Math.min(top + 2, rows); i++) {
    for (let j = start; j < Math.min(start + 4, columns); j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (a[i * width + k] as number) * (b[j * width + k] as number);
      (out[i * columns + j] as number) += sum;
    }
  }
};
