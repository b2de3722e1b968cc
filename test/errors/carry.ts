import { concat, type Dyn, fold, type Tensor } from "typegrad";

export const program = (xs: Tensor<[5, 2]>, x: Tensor<[2]>): Tensor<[Dyn]> =>
  fold(xs, x as Tensor<[Dyn]>, (carry, item) => concat([carry, item as Tensor<[Dyn]>], 0)); // TG401
