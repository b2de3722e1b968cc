import { grad, sum, type Tensor } from "typegrad";

export const program = (i: Tensor<[2], "i32">): Tensor<[2], "i32"> => {
  // @ts-expect-error a gradient of integers
  return grad((i: Tensor<[2], "i32">) => sum(i))(i); // TG402
};
