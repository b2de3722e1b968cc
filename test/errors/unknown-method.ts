import { add, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const layers = [x, x];
  return add(x, layers.copyWithin(0, 1)[0] ?? x); // TG209
};
