import { mul, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => mul(x, Date.now()); // TG202
