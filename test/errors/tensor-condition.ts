import { neg, sum, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  if (sum(x)) return x; // TG302
  return neg(x);
};
