import { add, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[]> => {
  // @ts-expect-error a tensor is no list
  const [a, b] = x; // TG301
  return add(a, b);
};
