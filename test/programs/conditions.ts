/** Conditions as JavaScript has them: a number is true unless it is 0 or NaN. */

import { map, type Tensor } from "typegrad";

const table = [0, 1];

export const conditions = (
  x: Tensor<[4]>,
  i: Tensor<[4], "i32">,
): readonly [Tensor<[4]>, Tensor<[4]>, Tensor<[4], "i32">] => [
  map(x, (x) => (x ? 1 : 2)),
  map(x, (x) => table.reduce((sum, c) => sum + (x > 0 && c ? 10 : 1), !x ? 100 : 0)),
  map(i, (i) => (i || i > 3 ? 5 : 6)),
];
