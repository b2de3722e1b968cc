/** A layer with some work that its weights alone decide. */

import { linear, map, type Tensor } from "typegrad";

interface Params {
  readonly weight: Tensor<[2, 2]>;
  readonly bias: Tensor<[2]>;
}

export const layer = <B extends number>(p: Params, x: Tensor<[B, 2]>): Tensor<[B, 2]> =>
  linear(
    x,
    map(p.weight, (w) => Math.tanh(w)),
    p.bias,
  );
