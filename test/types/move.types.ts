/** What the types of movement say: of literals, in bodies generic over dims, and of dims that are not known. */

import type { Dyn, Minus, Plus, Quotient, Sym, Times } from "../../dsl/dim.ts";
import type { DType, Float } from "../../dsl/dtype.ts";
import { tril } from "../../dsl/ops/diagonal.ts";
import { concat, stack, unstack } from "../../dsl/ops/join.ts";
import { broadcast, expand, flip, permute } from "../../dsl/ops/move.ts";
import { pad } from "../../dsl/ops/pad.ts";
import { repeat, tile } from "../../dsl/ops/repeat.ts";
import { reshape } from "../../dsl/ops/reshape.ts";
import { slice, split } from "../../dsl/ops/slice.ts";
import type { Shape } from "../../dsl/shape.ts";
import type { Tensor } from "../../dsl/tensor.ts";

type B = Sym<"B">;
declare const x: Tensor<[2, 3, 4]>;
declare const image: Tensor<[2, 64, 32, 32]>;
declare const point: Tensor<[]>;
declare const ints: Tensor<[2, 3], "i32">;
declare const named: Tensor<[B, 6]>;
declare const gradual: Tensor<[Dyn, 6]>;
declare const unknown: Tensor<[number, 6]>;
declare const any: Tensor;
declare const size: number;
declare const sizes: number[];

// reshape
export const flat: Tensor<[2, 65536]> = reshape(image, [2, 65536]);
export const left: Tensor<[2, 64, 1024]> = reshape(image, [2, 64, -1]);
export const all: Tensor<[24], "f32"> = reshape(x, [-1]);
export const up: Tensor<[1, 1]> = reshape(point, [1, 1]);
export const keeps: Tensor<[3, 2], "i32"> = reshape(ints, [3, 2]);
export const opaque: Tensor<[B, 2, 3]> = reshape(named, [named.shape[0], 2, 3]);
export const formula: Tensor<[Sym<"(B*6/3)">, 3]> = reshape(named, [-1, 3]);
export const loose: Tensor<[7, 3]> = reshape(gradual, [-1, 3]);
export const counted: Tensor<[number, 3]> = reshape(unknown, [-1, 3]);
export const dynamic: Tensor<[number, 2]> = reshape(x, [size, 2]);
export const wild: Tensor<[3, 4]> = reshape(any, [3, 4]);
export const flatten = <N extends number>(x: Tensor<[N, 3, 4]>): Tensor<[N, 12]> => reshape(x, [x.shape[0], 12]);
export const heads = <N extends number, C extends number>(x: Tensor<[N, C]>, n: N, c: C): Tensor<[C, 1, N]> =>
  reshape(x, [c, 1, n]);
// @ts-expect-error 131072 elements against 128000
reshape(image, [2, 64, 1000]);
// @ts-expect-error 24 is no multiple of 5
reshape(x, [5, -1]);
// @ts-expect-error two unknown dims
reshape(x, [-1, -1]);
// @ts-expect-error no dim is 2.5
reshape(x, [2.5, -1]);
// @ts-expect-error the other dims have no elements
reshape(x, [0, -1]);
// @ts-expect-error the unknown dim is no literal
export const strict: Tensor<[2, 3]> = reshape(unknown, [-1, 3]);

// permute
export const turned: Tensor<[4, 2, 3]> = permute(x, [2, 0, 1]);
export const fromEnd: Tensor<[4, 2, 3]> = permute(x, [-1, 0, -2]);
export const rows = <N extends number, C extends number, T extends number, D extends DType>(
  x: Tensor<[N, C, T], D>,
): Tensor<[N, T, C], D> => permute(x, [0, 2, 1]);
export const same: Tensor<[]> = permute(point, []);
export const anyOrder: Tensor<[4, 3, 2]> = permute(x, sizes);
// @ts-expect-error axis 0 twice
permute(x, [0, 0, 1]);
// @ts-expect-error axis 1 twice
permute(x, [0, 1, -2]);
// @ts-expect-error two of three
permute(x, [0, 1]);
// @ts-expect-error no axis 3
permute(x, [0, 1, 3]);

// expand
export const repeated: Tensor<[5, 3]> = expand({} as Tensor<[1, 3]>, [5, 3]);
export const filled: Tensor<[5, 3], "i32"> = expand({} as Tensor<[], "i32">, [5, 3]);
export const perChannel = <N extends number, C extends number>(x: Tensor<[N, C, 1]>, n: N, c: C): Tensor<[N, C, 7]> =>
  expand(x, [n, c, 7]);
export const gradually: Tensor<[5, 6]> = expand(gradual, [5, 6]);
// @ts-expect-error 2 is neither 5 nor 1
expand(x, [5, 3, 4]);
// @ts-expect-error another rank
expand(x, [5, 2, 3, 4]);
// @ts-expect-error a dim that is no literal is not known to be 5
expand(unknown, [5, 6]);
// @ts-expect-error no dim is negative
expand({} as Tensor<[1, 3]>, [-2, 3]);

// broadcast
export const both: readonly [Tensor<[2, 3, 4]>, Tensor<[2, 3, 4], "i32">] = broadcast(
  {} as Tensor<[2, 1, 4]>,
  {} as Tensor<[1, 3, 1], "i32">,
);
export const fromPoint: readonly [Tensor<[2, 3, 4]>, Tensor<[2, 3, 4]>] = broadcast(point, x);
export const toPoint: readonly [Tensor<[2, 3, 4]>, Tensor<[2, 3, 4]>] = broadcast(x, point);
export const pairwise = <N extends number, M extends number>(
  a: Tensor<[N, 1]>,
  b: Tensor<[1, M]>,
): readonly [Tensor<[N, M]>, Tensor<[N, M]>] => broadcast(a, b);
// @ts-expect-error 3 and 4
broadcast({} as Tensor<[2, 3]>, {} as Tensor<[2, 4]>);
// @ts-expect-error ranks differ
broadcast({} as Tensor<[2, 3]>, {} as Tensor<[3]>);
// @ts-expect-error different type parameters
export const apart = <N extends number, M extends number>(a: Tensor<[N]>, b: Tensor<[M]>) => broadcast(a, b);

// flip
export const mirrored: Tensor<[2, 3], "i32"> = flip(ints, -1);
export const mirror = <S extends Shape, D extends Float>(x: Tensor<S, D>): Tensor<S, D> => flip(x);
// @ts-expect-error no axis 2
flip(ints, [0, 2]);

// slice
export const inner: Tensor<[2, 1, 4]> = slice(x, 1, 1, -1);
export const first: Tensor<[2, 3, 1]> = slice(x, -1, 0, 1);
export const last: Tensor<[2, 3, 2]> = slice(x, 2, -2);
export const stepped: Tensor<[2, 2, 4]> = slice(x, 1, 0, undefined, 2);
export const empty: Tensor<[0, 3, 4]> = slice(x, 0, 2, 2);
export const middle: Tensor<[2, 3, 2]> = slice(x, 2, -3, -1);
export const mixed: Tensor<[2, 3, 1]> = slice(x, 2, -2, 3);
export const unknownStart: Tensor<[2, 3, number]> = slice(x, 2, size, 3);
export const ofSymbol: Tensor<[Sym<"(B-1)">, 6]> = slice(named, 0, 1);
export const whole = <N extends number, C extends number>(x: Tensor<[N, C]>): Tensor<[N, C]> => slice(x, 1, 0);
export const head = <N extends number, C extends number>(x: Tensor<[N, C]>): Tensor<[N, 4]> => slice(x, 1, 0, 4);
export const tail = <N extends number, C extends number>(x: Tensor<[N, C]>): Tensor<[N, 2]> => slice(x, -1, -2);
export const shorter = <N extends number, C extends number>(x: Tensor<[N, C]>): Tensor<[N, Minus<C, 1>]> =>
  slice(x, 1, 1);
// @ts-expect-error 5 is beyond the end
slice(x, 1, 0, 5);
// @ts-expect-error -4 is before the start
slice(x, 1, -4);
// @ts-expect-error the end comes first
slice(x, 1, 2, 1);
// @ts-expect-error the end comes first
slice(x, 1, -1, -2);
// @ts-expect-error no axis 3
slice(x, 3, 0, 1);
// @ts-expect-error a step of 0
slice(x, 1, 0, 2, 0);
// @ts-expect-error half an element
slice(x, 1, 0.5, 2);

// pad
export const padded: Tensor<[2, 64, 34, 35]> = pad(image, [
  [0, 0],
  [0, 0],
  [1, 1],
  [3, 0],
]);
export const cropped: Tensor<[2, 2, 7]> = pad(x, [
  [0, 0],
  [-1, 0],
  [5, -2],
]);
export const swapped: Tensor<[2, 4]> = pad({} as Tensor<[2, 2]>, [
  [0, 0],
  [-3, 5],
]);
export const mask: Tensor<[3, 3], "bool"> = pad(
  {} as Tensor<[2, 3], "bool">,
  [
    [1, 0],
    [0, 0],
  ],
  { value: true },
);
export const border = <N extends number, H extends number, D extends Float>(
  x: Tensor<[N, 3, H], D>,
): Tensor<[N, 3, Plus<H, 2>], D> =>
  pad(
    x,
    [
      [0, 0],
      [0, 0],
      [0, 2],
    ],
    { value: 0.5 },
  );
// @ts-expect-error a pair is missing
pad(x, [[1, 1]]);
// @ts-expect-error nothing would be left
pad(ints, [
  [-1, -2],
  [0, 0],
]);
export const badCrop = <N extends number>(x: Tensor<[N, 3]>) =>
  // @ts-expect-error nothing would be left of the second axis, whatever the first is
  pad(x, [
    [-1, -2],
    [-2, -2],
  ]);
// @ts-expect-error half an element
pad(ints, [
  [0, 0.5],
  [0, 0],
]);
pad(
  ints,
  [
    [0, 1],
    [0, 0],
  ],
  // @ts-expect-error a boolean beside numbers
  { value: true },
);

// concat
export const joined: Tensor<[2, 8, 4]> = concat([x, {} as Tensor<[2, 5, 4]>], 1);
export const three: Tensor<[2, 3, 9]> = concat([x, x, {} as Tensor<[2, 3, 1]>], -1);
export const skip = <N extends number, C1 extends number, C2 extends number, H extends number, W extends number>(
  h: Tensor<[N, C1, H, W]>,
  skip: Tensor<[N, C2, H, W]>,
): Tensor<[N, Plus<C1, C2>, H, W]> => concat([h, skip], 1);
export const skipAtEnd = <N extends number, C1 extends number, C2 extends number, D extends Float>(
  h: Tensor<[N, C1], D>,
  skip: Tensor<[N, C2], D>,
): Tensor<[N, Plus<C1, C2>], D> => concat([h, skip], -1);
export const list: Tensor<[2, number, 4]> = concat([] as Tensor<[2, 3, 4]>[], 1);
export const loop: Tensor<[2, 7]> = concat([] as Tensor<[2, Dyn]>[], 1);
// @ts-expect-error 4 and 5 beside the axis
concat([x, {} as Tensor<[2, 3, 5]>], 1);
// @ts-expect-error ranks differ
concat([x, {} as Tensor<[2, 3]>], 1);
// @ts-expect-error dtypes differ
concat([{} as Tensor<[2, 3]>, ints], 0);
// @ts-expect-error no axis 3
concat([x, x], 3);
// @ts-expect-error nothing to join
concat([], 0);
export const badSkip = <N extends number, C extends number, H extends number, W extends number>(
  h: Tensor<[N, C, H]>,
  skip: Tensor<[N, C, W]>,
  // @ts-expect-error H is not W
) => concat([h, skip], 1);

// stack, unstack
export const stacked: Tensor<[2, 2, 3, 4]> = stack([x, x]);
export const atEnd: Tensor<[2, 3, 4, 3]> = stack([x, x, x], -1);
export const inside: Tensor<[2, 2, 3], "i32"> = stack([ints, ints], 1);
export const pair = <S extends Shape, D extends DType>(a: Tensor<S, D>, b: Tensor<S, D>): Tensor<[2, ...S], D> =>
  stack([a, b]);
export const columns = <N extends number, C extends number>(a: Tensor<[N, C]>): Tensor<[N, 2, C]> => stack([a, a], 1);
// @ts-expect-error shapes differ
stack([x, ints]);
// @ts-expect-error five places at most
stack([x, x], 4);
// @ts-expect-error nothing to stack
stack([]);
export const [q, k, v]: readonly [Tensor<[2, 4]>, Tensor<[2, 4]>, Tensor<[2, 4]>] = unstack(x, 1);
export const values = <N extends number, C extends number>(qkv: Tensor<[N, 3, C]>): Tensor<[N, C]> =>
  unstack(qkv, 1)[2];
export const steps = <T extends number, C extends number>(x: Tensor<[T, C]>): readonly Tensor<[C]>[] => unstack(x);
export const many: readonly Tensor<[2]>[] = unstack({} as Tensor<[1000, 2]>);
// @ts-expect-error no axis 3
unstack(x, 3);
// @ts-expect-error no axis at all
unstack(point);
export const leading = <S extends Shape>(x: Tensor<S>) => unstack(x);

// split
export const parts: readonly [Tensor<[2, 1, 4]>, Tensor<[2, 2, 4]>] = split(x, [1, 2], 1);
export const scaleShift = <N extends number>(x: Tensor<[N, 128]>): readonly [Tensor<[N, 64]>, Tensor<[N, 64]>] =>
  split(x, [64, 64], -1);
export const halves = <N extends number, C extends number>(
  x: Tensor<[N, C]>,
  c: Quotient<C, 2>,
): Tensor<[N, Quotient<C, 2>]> => split(x, [c, c], 1)[1];
// @ts-expect-error 48 of 64
split(image, [16, 32], 1);
// @ts-expect-error a negative part
split(x, [-1, 3]);
// @ts-expect-error no axis 3
split(x, [1, 1], 3);
// @ts-expect-error no axis at all
split(point, []);
export const badSplit = <N extends number>(x: Tensor<[N, 128]>) =>
  // @ts-expect-error 96 of 128
  split(x, [64, 32], 1);

// pad with its own elements
export const reflected: Tensor<[2, 3, 8]> = pad(
  x,
  [
    [0, 0],
    [0, 0],
    [3, 1],
  ],
  { mode: "reflect" },
);
export const replicated = <N extends number>(x: Tensor<[N, 3], "i32">): Tensor<[N, 6], "i32"> =>
  pad(
    x,
    [
      [0, 0],
      [2, 1],
    ],
    { mode: "replicate" },
  );
pad(
  x,
  // @ts-expect-error three before the last of three
  [
    [0, 0],
    [0, 3],
    [0, 0],
  ],
  { mode: "reflect" },
);

// repeat, tile
export const twice: Tensor<[2, 6, 4]> = repeat(x, 2, 1);
export const perRow = <N extends number, C extends number>(x: Tensor<[N, C]>): Tensor<[Times<N, 3>, C]> =>
  repeat(x, 3, 0);
export const grid: Tensor<[4, 3, 12]> = tile(x, [2, 1, 3]);
// @ts-expect-error two numbers for three axes
tile(x, [2, 1]);
// @ts-expect-error no axis 3
repeat(x, 2, 3);

// triangles
export const causal = <N extends number, M extends number>(x: Tensor<[B, N, M]>): Tensor<[B, N, M]> => tril(x);
// @ts-expect-error rank 1
tril({} as Tensor<[3]>);
