/** Reductions, scans and sorting: the results that the types give, and what they refuse. */

import {
  all,
  any,
  argmax,
  argmin,
  argsort,
  cumprod,
  cumsum,
  type DType,
  type Dyn,
  type Float,
  logSumExp,
  type Numeric,
  prod,
  type Shape,
  type Sym,
  scatterAdd,
  sort,
  std,
  type Tensor,
  take,
  topK,
} from "../../dsl/index.ts";

type T<S extends Shape, D extends DType = "f32"> = Tensor<S, D>;
type N = number;
type B = Sym<"B">;

export const product = (x: T<[2, 3], "i32">): T<[2], "i32"> => prod(x, 1);
export const productOf = <B extends N, C extends N, D extends Numeric>(x: T<[B, C], D>): T<[C], D> => prod(x, 0);
export const whether = (x: T<[2, 3], "bool">): T<[], "bool"> => any(x);
export const whetherAll = (x: T<[2, 3], "bool">): T<[2, 1], "bool"> => all(x, 1, { keepDims: true });
// @ts-expect-error numbers are neither true nor false
export const numbers = (x: T<[2, 3]>) => any(x);
export const log = (x: T<[B, 10]>): T<[B]> => logSumExp(x, -1);
export const deviation = (x: T<[2, 3]>): T<[3]> => std(x, 0, { correction: 1 });

export const best = (x: T<[2, 3]>): T<[2], "i32"> => argmax(x, 1);
export const bestOfAll = (x: T<[2, 3]>): T<[], "i32"> => argmin(x);
export const bestKept = (x: T<[2, 3]>): T<[1, 3], "i32"> => argmin(x, 0, { keepDims: true });
export const bestOf = <B extends N>(x: T<[B, 10]>): T<[B], "i32"> => argmax(x, -1);
export const bestOfAnyShape = <S extends Shape>(x: T<S>): T<[], "i32"> => argmax(x);
export const bestOfUnknown = (x: T<[Dyn, 3]>): T<[Dyn], "i32"> => argmax(x, 1);
// @ts-expect-error of no elements none is the largest
export const bestOfNone = (x: T<[2, 0]>) => argmax(x, 1);
// @ts-expect-error one axis
export const severalAxes = (x: T<[2, 3]>) => argmax(x, [0, 1]);

export const sums = <S extends Shape, D extends Numeric>(x: T<S, D>): T<S, D> => cumsum(x);
export const products = <B extends N>(x: T<[B, 3]>): T<[B, 3]> => cumprod(x, 0);
// @ts-expect-error axis 2 of rank 2
export const noAxis = (x: T<[2, 3]>) => cumsum(x, 2);

export const sorted = <S extends Shape, D extends Numeric>(x: T<S, D>): T<S, D> => sort(x);
export const order = <B extends N>(x: T<[B, 3]>): T<[B, 3], "i32"> => argsort(x, 0, { descending: true });
// @ts-expect-error 4097 elements
export const tooLong = (x: T<[2, 4097]>) => sort(x);
export const longest = (x: T<[4096, 5000]>): T<[4096, 5000], "i32"> => argsort(x, 0);
export const largest = <B extends N>(x: T<[B, 10]>): readonly [T<[B, 3]>, T<[B, 3], "i32">] => topK(x, 3);
export const largestAlong = (x: T<[7, 10]>): readonly [T<[2, 10]>, T<[2, 10], "i32">] => topK(x, 2, 0);
// @ts-expect-error 11 of 10
export const tooMany = (x: T<[2, 10]>) => topK(x, 11);
// @ts-expect-error none
export const none = (x: T<[2, 10]>) => topK(x, 0);
// @ts-expect-error a number has no axis
export const ofOne = (x: T<[]>) => topK(x, 1);

export const rows = (x: T<[5, 3]>, i: T<[7], "i32">): T<[7, 3]> => take(x, i, 0);
export const columns = <B extends N, C extends N, K extends N, D extends DType>(
  x: T<[B, C], D>,
  i: T<[K], "u32">,
): T<[B, K], D> => take(x, i, -1);
export const blocks = (x: T<[2, 5, 3]>, i: T<[4, 6], "i32">): T<[2, 4, 6, 3]> => take(x, i, 1);
export const oneRow = (x: T<[5, 3]>, i: T<[], "i32">): T<[3]> => take(x, i, 0);
// @ts-expect-error axis 2 of rank 2
export const noSuchAxis = (x: T<[5, 3]>, i: T<[7], "i32">) => take(x, i, 2);
// @ts-expect-error places are integers
export const noPlaces = (x: T<[5, 3]>, i: T<[7]>) => take(x, i, 0);

export const added = (x: T<[5, 3]>, i: T<[7, 3], "i32">, u: T<[7, 3]>): T<[5, 3]> => scatterAdd(x, i, u, 0);
export const addedTo = <V extends N, C extends N, K extends N, D extends Float>(
  x: T<[V, C], D>,
  i: T<[K, C], "i32">,
  u: T<[K, C], D>,
): T<[V, C], D> => scatterAdd(x, i, u, 0);
// @ts-expect-error an update for each index
export const updatesDiffer = (x: T<[5, 3]>, i: T<[7, 3], "i32">, u: T<[8, 3]>) => scatterAdd(x, i, u, 0);
// @ts-expect-error indices of 4 columns
export const indicesDiffer = (x: T<[5, 3]>, i: T<[7, 4], "i32">, u: T<[7, 4]>) => scatterAdd(x, i, u, 0);
