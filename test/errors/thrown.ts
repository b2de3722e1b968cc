import type { Tensor } from "typegrad";

const block = (x: Tensor<[2]>, heads: number): Tensor<[2]> => {
  if (heads % 2 === 1) throw new Error(`block: ${heads} heads, and must be even`); // TG307
  return x;
};

export const program = (x: Tensor<[2]>): Tensor<[2]> => block(x, 3);
