import type { Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  class Layer {} // TG301
  return new Layer() ? x : x;
};
