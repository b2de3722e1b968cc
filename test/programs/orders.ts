/** Sorting: on devices by counted ranks. */

import { argsort, exp, grad, mul, sort, sum, type Tensor, topK } from "typegrad";

export const sorted = (x: Tensor<[3, 67]>) => sort(x);

export const falling = (x: Tensor<[3, 67]>) => argsort(x, -1, { descending: true });

/** What is sorted is computed, and stored for it. */
export const sortedPowers = (x: Tensor<[67, 4]>) => sort(exp(x), 0);

export const ofIntegers = (x: Tensor<[99], "i32">) => [sort(x), argsort(x)] as const;

export const best = (x: Tensor<[3, 67]>) => topK(x, 5);

export const gradient = (x: Tensor<[3, 67]>, w: Tensor<[3, 67]>) =>
  grad((x: Tensor<[3, 67]>) => sum(mul(sort(x), w)))(x);
