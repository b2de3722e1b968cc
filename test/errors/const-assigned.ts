import { add, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const y = x;
  // @ts-expect-error a const is assigned
  y = add(y, x); // TG206
  return y;
};
