import { mul, type Tensor } from "typegrad";

// @ts-expect-error used before its declaration
const scale: number = offset * 2;
const offset: number = scale + 1; // TG203

export const program = (x: Tensor<[2]>): Tensor<[2]> => mul(x, scale);
