/** A step of gradient descent with momentum, whose parameters a caller donates. */

import { grad, map, matmul, mean, type Tensor } from "typegrad";

type Weights = Tensor<[8, 8]>;

const loss = (w: Weights, x: Tensor<[4, 8]>): Tensor<[]> => mean(map(matmul(x, w), (y) => y * y));

export const step = (w: Weights, m: Weights, x: Tensor<[4, 8]>): { readonly w: Weights; readonly m: Weights } => {
  const next = map(m, grad(loss)(w, x), (m, g) => 0.9 * m + g);
  return { w: map(w, next, (w, m) => w - 0.1 * m), m: next };
};
