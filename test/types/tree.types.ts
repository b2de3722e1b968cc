import { add, mul, sqrt, type Tensor, treeMap } from "../../dsl/index.ts";

interface Params {
  readonly w: Tensor<[2, 3]>;
  readonly layers: readonly [{ readonly b: Tensor<[3]> }];
}

export const step = (p: Params, g: Params): Params => treeMap((w, g) => add(w, mul(g, -0.1)), p, g);
export const roots = (p: Params): Params => treeMap((w) => sqrt(w), p);
// @ts-expect-error no square root of integers
export const ints = (p: { readonly i: Tensor<[2], "i32"> }) => treeMap((i) => sqrt(i), p);
// @ts-expect-error trees of two structures
export const two = (p: Params, q: { readonly w: Tensor<[2, 3]> }) => treeMap((a, b) => add(a, b), p, q);
