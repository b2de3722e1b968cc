/** The inner loop of contractions: dot products of rows with rows, in f64. */

/** Rows that lie one after another, each of `depth` elements. */
interface Rows {
  readonly data: Float64Array;
  readonly count: number;
  /** Place of the first row. */
  readonly start: number;
}

/** Where the products go: `[i, j]` at `start + i · step + j`. */
interface Products {
  readonly data: Float64Array;
  readonly start: number;
  readonly step: number;
}

/**
 * out[i, j] = Σₖ a[i, k] · b[j, k].
 *
 * Two rows by four at a time: eight sums that do not wait for one another, and each element read serves several.
 */
export const dotProducts = (a: Rows, b: Rows, depth: number, out: Products): void => {
  const x = a.data;
  const y = b.data;
  const put = out.data;
  for (let i = 0; i < a.count; i += 2) {
    const row0 = a.start + i * depth;
    // The last row of an odd number is computed twice, and put in the same place twice.
    const next = i + 1 < a.count ? 1 : 0;
    const row1 = row0 + next * depth;
    const put0 = out.start + i * out.step;
    const put1 = put0 + next * out.step;
    let j = 0;
    for (; j + 4 <= b.count; j += 4) {
      let column = b.start + j * depth;
      let s00 = 0;
      let s01 = 0;
      let s02 = 0;
      let s03 = 0;
      let s10 = 0;
      let s11 = 0;
      let s12 = 0;
      let s13 = 0;
      for (let k = 0; k < depth; k++, column++) {
        const x0 = x[row0 + k] as number;
        const x1 = x[row1 + k] as number;
        const y0 = y[column] as number;
        const y1 = y[column + depth] as number;
        const y2 = y[column + 2 * depth] as number;
        const y3 = y[column + 3 * depth] as number;
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      put[put0 + j] = s00;
      put[put0 + j + 1] = s01;
      put[put0 + j + 2] = s02;
      put[put0 + j + 3] = s03;
      put[put1 + j] = s10;
      put[put1 + j + 1] = s11;
      put[put1 + j + 2] = s12;
      put[put1 + j + 3] = s13;
    }
    for (; j < b.count; j++) {
      const column = b.start + j * depth;
      let s0 = 0;
      let s1 = 0;
      for (let k = 0; k < depth; k++) {
        const y0 = y[column + k] as number;
        s0 += (x[row0 + k] as number) * y0;
        s1 += (x[row1 + k] as number) * y0;
      }
      put[put0 + j] = s0;
      put[put1 + j] = s1;
    }
  }
};
