/** The five filters of PNG: a byte is written as what is left of it when its neighbours have predicted it. */

type Predict = (left: number, above: number, corner: number) => number;

/** Of left, above and the corner between, the one nearest to left + above − corner: A. W. Paeth. */
const paeth: Predict = (left, above, corner) => {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
};

/** By number: none, sub, up, average, Paeth. */
const predictions: readonly Predict[] = [
  () => 0,
  (left) => left,
  (_, above) => above,
  (left, above) => (left + above) >> 1,
  paeth,
];

export const filterCount = predictions.length;

/** Turns what is left of a row into the row, in place; `step` is the bytes of a pixel, at least one. */
export const unfilter = (filter: number, row: Uint8Array, above: Uint8Array, step: number): void => {
  const predict = predictions[filter] as Predict;
  for (let i = 0; i < row.length; i++) {
    const hasLeft = i >= step;
    const left = hasLeft ? (row[i - step] as number) : 0;
    const corner = hasLeft ? (above[i - step] as number) : 0;
    row[i] = (row[i] as number) + predict(left, above[i] as number, corner);
  }
};

/** What is left of a row. */
export const filtered = (filter: number, row: Uint8Array, above: Uint8Array, step: number): Uint8Array => {
  const predict = predictions[filter] as Predict;
  return row.map((value, i) => {
    const hasLeft = i >= step;
    const left = hasLeft ? (row[i - step] as number) : 0;
    const corner = hasLeft ? (above[i - step] as number) : 0;
    return value - predict(left, above[i] as number, corner);
  });
};
