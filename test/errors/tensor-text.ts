import { add, scalar, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const label = `${x}`; // TG304
  return add(x, scalar.abs(label.length));
};
