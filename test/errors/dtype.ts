import { add, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>, i: Tensor<[2], "i32">): Tensor<[2]> => {
  // @ts-expect-error dtypes differ
  return add(x, i); // TG402
};
