import { neg, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): { readonly y: Tensor<[2]>; readonly label: string } => ({
  // TG404
  y: neg(x),
  label: "negative",
});
