import { map, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>, s: Tensor<[]>): Tensor<[2]> => {
  // @ts-expect-error a tensor is no number
  return map(x, (x) => x * s); // TG501
};
