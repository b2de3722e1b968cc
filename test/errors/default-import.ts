import { neg, type Tensor } from "typegrad";
// @ts-expect-error there is no default export
import layers from "./open-dim.ts"; // TG301

export const program = (x: Tensor<[2]>): Tensor<[2]> => neg(layers(x));
