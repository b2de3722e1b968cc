/** Sums and products along axes that are long, of few rows and of many: a schedule parts some of them. */

import { add, cumprod, cumsum, grad, map, mul, sum, type Tensor } from "typegrad";

export const oneLongRow = (x: Tensor<[40000]>) => cumsum(x);

/** 33333 is divisible by no length of a part: the last part is shorter. */
export const twoLongRows = (x: Tensor<[2, 33333]>) => cumsum(map(x, (x) => x * x - 0.5));

/** Rows side by side in memory, in lanes of four. */
export const sideBySide = (x: Tensor<[5000, 8]>) => cumsum(x, 0);

export const products = (x: Tensor<[2, 20001]>) => cumprod(map(x, (x) => 1 + x * 0.01));

export const productsSideBySide = (x: Tensor<[5000, 8]>) =>
  cumprod(
    map(x, (x) => 1 + x * 0.01),
    0,
  );

export const manyRows = (x: Tensor<[50, 7, 40]>) => cumsum(x, 1);

/** What comes after is computed where it is stored. */
export const followed = (x: Tensor<[40000]>, y: Tensor<[40000]>) => {
  const sums = cumsum(x);
  return [sums, add(mul(sums, 0.5), y)] as const;
};

export const gradientOfSums = (x: Tensor<[2, 20001]>) => grad((x: Tensor<[2, 20001]>) => sum(mul(cumsum(x), x)))(x);

export const gradientOfProducts = (x: Tensor<[20001]>) =>
  grad((x: Tensor<[20001]>) => sum(cumprod(map(x, (x) => 1 + x * 0.01))))(x);
