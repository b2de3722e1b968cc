import { type Dyn, grad, neg, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => grad((x: Tensor<[2]>): Dyn => neg(x))(x); // TG401
