/** The eigenvalues of a symmetric matrix, without the vectors: 2048 × 2048 in seconds. */

/** A symmetric tridiagonal matrix: `beside[i]` stands between `diagonal[i]` and `diagonal[i + 1]`. */
interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly beside: Float64Array;
}

/**
 * All eigenvalues, in no order. Only the lower triangle of the matrix, [size, size] by rows, is read, and it is overwritten.
 *
 * Householder's reduction to tridiagonal form, 4/3 n³ operations, then implicit QL steps (Golub and Van Loan, Matrix
 * Computations, 4th edition, 8.3). The error is a few ε times the largest eigenvalue.
 */
export const eigenvaluesOf = (matrix: Float64Array, size: number): Float64Array =>
  tridiagonalEigenvalues(tridiagonalOf(matrix, size));

/**
 * From the last row up, reflections I − u uᵀ / h clear all of a row but its element beside the diagonal. What remains
 * becomes A − u qᵀ − q uᵀ, which is written in the same pass as the product with the next u is taken: the matrix is larger
 * than a cache, and is read once for each row.
 */
const tridiagonalOf = (matrix: Float64Array, size: number): Tridiagonal => {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(Math.max(0, size - 1));
  // The reflection before: nothing, for the last row.
  let [u, q] = [new Float64Array(size), new Float64Array(size)];
  let [nextU, product] = [new Float64Array(size), new Float64Array(size)];
  for (let n = size - 1; n >= 0; n--) {
    const row = matrix.subarray(n * size, n * size + n + 1);
    for (let k = 0; k <= n; k++) {
      (row[k] as number) -= (u[n] as number) * (q[k] as number) + (q[n] as number) * (u[k] as number);
    }
    diagonal[n] = row[n] as number;
    if (n === 0) break;

    // u = row ± |row| e, with the sign that does not cancel; h = uᵀu / 2.
    nextU.set(row.subarray(0, n));
    let squares = 0;
    for (let k = 0; k < n; k++) squares += (nextU[k] as number) ** 2;
    const last = nextU[n - 1] as number;
    const norm = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    beside[n - 1] = norm;
    nextU[n - 1] = last - norm;
    const h = squares - last * norm;

    // product = A u, of the A that the reflection before leaves.
    product.fill(0, 0, n);
    for (let j = 0; j < n; j++) {
      const place = j * size;
      const [uj, qj, xj] = [u[j] as number, q[j] as number, nextU[j] as number];
      let sum = 0;
      for (let k = 0; k < j; k++) {
        const entry = (matrix[place + k] as number) - uj * (q[k] as number) - qj * (u[k] as number);
        matrix[place + k] = entry;
        sum += entry * (nextU[k] as number);
        (product[k] as number) += entry * xj;
      }
      (matrix[place + j] as number) -= 2 * uj * qj;
      (product[j] as number) += sum + (matrix[place + j] as number) * xj;
    }

    // q = p − (uᵀp / 2h) u, with p = A u / h. A row of zeros needs no reflection.
    const scale = h === 0 ? 0 : 1 / h;
    let inner = 0;
    for (let k = 0; k < n; k++) inner += (nextU[k] as number) * (product[k] as number);
    const share = (inner * scale * scale) / 2;
    for (let k = 0; k < n; k++) product[k] = (product[k] as number) * scale - share * (nextU[k] as number);
    [u, q, nextU, product] = [nextU, product, u, q];
  }
  return { diagonal, beside };
};

/** How many steps an eigenvalue may take; it takes two on average. */
const mostSteps = 60;

const tridiagonalEigenvalues = ({ diagonal, beside }: Tridiagonal): Float64Array => {
  const size = diagonal.length;
  const d = diagonal.slice();
  const e = Float64Array.from({ length: size }, (_, i) => beside[i] ?? 0);
  for (let l = 0; l < size; l++) {
    for (let step = 0; ; step++) {
      // The block that begins at l ends before the first element that is nothing beside its neighbours.
      let m = l;
      while (m < size - 1) {
        const neighbours = Math.abs(d[m] as number) + Math.abs(d[m + 1] as number);
        if (neighbours + Math.abs(e[m] as number) === neighbours) break;
        m++;
      }
      if (m === l) break;
      if (step === mostSteps)
        throw new Error(`eigenvaluesOf: no eigenvalue after ${mostSteps} steps; is the matrix finite?`);
      qlStep(d, e, l, m);
    }
  }
  return d;
};

/** One implicit QL step on rows l to m, shifted by the eigenvalue of the leading 2 × 2 block that is nearer to d[l]. */
const qlStep = (d: Float64Array, e: Float64Array, l: number, m: number): void => {
  const half = ((d[l + 1] as number) - (d[l] as number)) / (2 * (e[l] as number));
  const root = half < 0 ? -Math.hypot(half, 1) : Math.hypot(half, 1);
  let g = (d[m] as number) - (d[l] as number) + (e[l] as number) / (half + root);
  let [sine, cosine, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = sine * (e[i] as number);
    const b = cosine * (e[i] as number);
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The block falls apart here.
      (d[i + 1] as number) -= p;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = (d[i + 1] as number) - p;
    const s = ((d[i] as number) - g) * sine + 2 * cosine * b;
    p = sine * s;
    d[i + 1] = g + p;
    g = cosine * s - b;
  }
  (d[l] as number) -= p;
  e[l] = g;
  e[m] = 0;
};
