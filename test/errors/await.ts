import type { Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const later = async (y: Tensor<[2]>) => y; // TG301
  later(x);
  return x;
};
