import { type Dyn, matmul, type Tensor } from "typegrad";

const project = (x: Tensor<[2, Dyn]>, w: Tensor<[Dyn, Dyn]>): Tensor<[2, Dyn]> => matmul(x, w); // TG401

export const program = (x: Tensor<[2, 3]>, w: Tensor<[4, 5]>): Tensor<[2, 5]> => project(x, w);
