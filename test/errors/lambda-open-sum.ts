import { map, type Tensor } from "typegrad";

export const program = (i: Tensor<[2], "i32">): Tensor<[2], "i32"> => map(i, i, (a, b) => a + b); // TG503
