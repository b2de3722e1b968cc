import { neg, type Tensor } from "typegrad";

export const program = <B extends number>(x: Tensor<[B, 2]>): Tensor<[B, 2]> => neg(x); // TG107
