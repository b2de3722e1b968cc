import { map, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> =>
  map(x, (x) => {
    if (x > 0) return x; // TG504
    return 0;
  });
