import type { Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const items = function* () {
    // TG301
    yield x;
  };
  return [...items()][0] ?? x;
};
