import type { Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const scale = 2;
  // @ts-expect-error a number is no function
  return scale(x); // TG208
};
