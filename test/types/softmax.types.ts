import { logSoftmax, type Shape, softmax, type Tensor } from "../../dsl/index.ts";

export const generic = <S extends Shape>(x: Tensor<S>): Tensor<S> => softmax(x);
export const batch = <B extends number>(x: Tensor<[B, 10]>): Tensor<[B, 10]> => logSoftmax(x, -1);
export const one = (x: Tensor<[]>): Tensor<[]> => softmax(x);
// @ts-expect-error a number has no axis 0
export const scalar = (x: Tensor<[]>) => softmax(x, 0);
