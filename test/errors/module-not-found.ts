import { mul, type Tensor } from "typegrad";
// @ts-expect-error there is no such file
import { scale } from "./nowhere.ts"; // TG106

export const program = (x: Tensor<[2]>): Tensor<[2]> => mul(x, scale);
