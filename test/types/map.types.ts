import type { Float } from "../../dsl/dtype.ts";
import { map } from "../../dsl/ops/map.ts";
import type { Shape } from "../../dsl/shape.ts";
import type { Tensor } from "../../dsl/tensor.ts";
export const ddimStep = <S extends Shape>(x: Tensor<S>, eps: Tensor<S>, a: Tensor<[]>, aPrev: Tensor<[]>): Tensor<S> =>
  map(x, eps, a, aPrev, (x, eps, a, aPrev) => {
    const xStart = (x - Math.sqrt(1 - a) * eps) / Math.sqrt(a);
    return Math.sqrt(aPrev) * xStart + Math.sqrt(1 - aPrev) * eps;
  });
export const use = (x: Tensor<[2, 3]>, a: Tensor<[]>): Tensor<[2, 3]> => ddimStep(x, x, a, a);
export const wide = <B extends number, C extends number, H extends number, W extends number>(
  x: Tensor<[B, C, H, W]>,
  s: Tensor<[B, C, 1, 1]>,
): Tensor<[B, C, H, W]> => map(x, s, (x, s) => x * (1 + s));
export const gf = <S extends Shape, D extends Float>(x: Tensor<S, D>): Tensor<S, D> =>
  map(x, (x) => x * 2 + Math.abs(x));
export const cmp = (x: Tensor<[2]>): Tensor<[2], "bool"> => map(x, (x) => x > 0);
export const msk = (x: Tensor<[2]>, m: Tensor<[2], "bool">): Tensor<[2]> => map(x, m, (x, m) => (m ? x : 0));
export const ints = (x: Tensor<[2], "i32">): Tensor<[2], "i32"> => map(x, x, (x, m) => (x + m) | 0);
// @ts-expect-error
export const bad1 = (x: Tensor<[2, 3]>, y: Tensor<[3, 2]>, a: Tensor<[]>) => ddimStep(x, y, a, a);
// @ts-expect-error
export const bad2 = <S extends Shape, U extends Shape>(x: Tensor<S>, y: Tensor<U>) => map(x, y, (x, y) => x + y);
// @ts-expect-error
export const bad3 = (x: Tensor<[2]>, y: Tensor<[2], "i32">) => map(x, y, (x, y) => x + y);
// @ts-expect-error numbers for some elements, booleans for others
export const mixed = (x: Tensor<[2]>) => map(x, (x) => (x > 1 ? true : x));
