import { neg, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  console.log(x); // TG202
  return neg(x);
};
