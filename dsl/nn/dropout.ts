/** Dropout. */

import type { Float } from "../dtype.ts";
import { mul, where } from "../ops.ts";
import { bernoulli, type Key } from "../random/index.ts";
import type { Shape } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";

/**
 * Each element 0 with probability `rate`, else divided by 1 − rate, so that the mean stays (JMLR 15:1929, 2014). Where a
 * network is evaluated, it is left out.
 *
 * Shapes: the key `[2]`, x → the shape of x.
 * @example nn.dropout(random.key(0), ones([8]), 0.5)
 * @throws ShapeError; RangeError for a rate outside of [0, 1)
 */
export const dropout = <S extends Shape, D extends Float>(key: Key, x: In<S, D>, rate: number): Tensor<S, D> => {
  if (!(rate >= 0 && rate < 1))
    throw new RangeError(`nn.dropout: the rate is ${rate}, and must be from 0 up to, but not, 1`);
  const kept: Tensor<S, "bool"> = bernoulli(key, x.shape, 1 - rate);
  return where(kept, mul(x, 1 / (1 - rate)), 0);
};
