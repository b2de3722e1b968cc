import { neg, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  let steps = 0;
  while (steps >= 0) steps += 1; // TG306
  return steps > 0 ? x : neg(x);
};
