import { add, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  // @ts-expect-error tensors are no numbers
  const y = x + x; // TG303
  return add(x, y);
};
