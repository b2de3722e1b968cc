import { performance } from "node:perf_hooks"; // TG105
import { mul, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => mul(x, performance.now());
