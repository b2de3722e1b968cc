import { add, fold, type Tensor } from "typegrad";

export const program = (xs: Tensor<[5, 2]>, x: Tensor<[2]>): Tensor<[2]> => {
  const kept = [x];
  return fold(xs, x, (carry, item) => {
    kept.push(item); // TG205
    return add(carry, item);
  });
};
