/** A loop that a device runs step by step. */

import { fold, iota, map, type Tensor } from "typegrad";

export const steps = (x: Tensor<[4]>, rate: Tensor<[]>, count: number): Tensor<[4]> =>
  fold(iota(count), x, (x) => map(x, rate, (x, rate) => x - rate * x));
