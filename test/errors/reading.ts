import { mul, type Tensor, toHost } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  const { data } = toHost(x); // TG202
  return mul(x, Number(data[0]));
};
