import { neg, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  try {
    // TG301
    return neg(x);
  } catch {
    return x;
  }
};
