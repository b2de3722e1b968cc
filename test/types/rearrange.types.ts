/** What the types of `rearrange` say: dims carried by label, groups multiplied and divided, patterns refused. */

import type { Dyn, Quotient, Sym, Times } from "../../dsl/dim.ts";
import type { DType } from "../../dsl/dtype.ts";
import { rearrange } from "../../dsl/ops/rearrange.ts";
import type { Tensor } from "../../dsl/tensor.ts";

declare const x: Tensor<[2, 24, 5]>;
declare const image: Tensor<[2, 64, 8, 16]>;
declare const named: Tensor<[Sym<"B">, 6]>;
declare const gradual: Tensor<[Dyn, 6]>;
declare const any: Tensor;
declare const text: string;
declare const count: number;
declare const sizes: Record<string, number>;

export const heads: Tensor<[2, 5, 8, 3]> = rearrange(x, "b (h d) t -> b t h d", { h: 8 });
export const byOther: Tensor<[16, 3, 5]> = rearrange(x, "b (h d) t -> (b h) d t", { d: 3 });
export const allGiven: Tensor<[24, 10]> = rearrange(x, "b (h d) t -> (h d) (b t)", { h: 8, d: 3, b: 2 });
export const flat: Tensor<[2, 64, 128]> = rearrange(image, "b c h w -> b c (h w)");
export const patches: Tensor<[2, 32, 64, 2, 2]> = rearrange(image, "b c (h p) (w q) -> b (h w) c p q", { p: 2, q: 2 });
export const three: Tensor<[2, 2, 3, 4, 5]> = rearrange(x, "b (i j k) t -> b i j k t", { i: 2, j: 3 });
export const ones: Tensor<[5, 1, 2, 24, 1]> = rearrange(x, "b c t->t 1 b c ()");
export const dropped: Tensor<[3]> = rearrange({} as Tensor<[1, 3, 1]>, "1 a () -> a");
export const rest: Tensor<[16, 2, 64, 8]> = rearrange(image, "... w -> w ...");
export const between: Tensor<[2, 8, 16, 4, 16]> = rearrange(image, "b (c r) ... -> b ... r c", { c: 16 });
export const nothing: Tensor<[1], "i32"> = rearrange({} as Tensor<[], "i32">, " -> 1");
export const symbols: Tensor<[3, Sym<"B*2">]> = rearrange(named, "b (h d) -> d (b h)", { h: 2 });
export const loose: Tensor<[7, 3, 2]> = rearrange(gradual, "b (h d) -> b d h", { h: 2 });
export const unknownSize: Tensor<[2, number, number, 5]> = rearrange(x, "b (h d) t -> b h d t", { h: count });
export const wild: Tensor<[3, 4]> = rearrange(any, "a b -> b a");
export const dynamic: Tensor<[3, 4]> = rearrange(x, text);
export const dynamicSizes: Tensor<[3, 4]> = rearrange(x, "b (h d) t -> b h d t", sizes);

export const attend = <B extends number, C extends number, T extends number, D extends DType>(
  x: Tensor<[B, C, T], D>,
): Tensor<[B, 4, T, Quotient<C, 4>], D> => rearrange(x, "b (h d) t -> b h t d", { h: 4 });
export const merge = <B extends number, H extends number, W extends number>(
  x: Tensor<[B, 3, H, W]>,
): Tensor<[B, Times<H, W>, 3]> => rearrange(x, "b c h w -> b (h w) c");
export const mixed = <B extends number>(x: Tensor<[B, 512, 9]>): Tensor<[B, 9, 8, 64]> =>
  rearrange(x, "b (h d) t -> b t h d", { h: 8 });

// @ts-expect-error no arrow
rearrange(x, "b c t");
// @ts-expect-error two arrows
rearrange(x, "b c t -> c -> b");
// @ts-expect-error a parenthesis stays open
rearrange(x, "b (c t -> b c t");
// @ts-expect-error a group in a group
rearrange(x, "b ((c) t) -> b c t");
// @ts-expect-error a number
rearrange(x, "b c 5 -> b c 5");
// @ts-expect-error dots in a group
rearrange(x, "b ... -> (b ...)");
// @ts-expect-error b twice
rearrange(x, "b b t -> b t");
// @ts-expect-error t is lost
rearrange(x, "b c t -> b c");
// @ts-expect-error u from nowhere
rearrange(x, "b c t -> b c t u");
// @ts-expect-error two axes for three
rearrange(x, "b c -> c b");
// @ts-expect-error four axes for three
rearrange(x, "a b c d ... -> a b c d ...");
// @ts-expect-error no g
rearrange(x, "b c t -> t c b", { g: 2 });
// @ts-expect-error 24 is not a multiple of 5
rearrange(x, "b (h d) t -> b h d t", { h: 5 });
// @ts-expect-error 24 is not 8 times 4
rearrange(x, "b (h d) t -> b h d t", { h: 8, d: 4 });
// @ts-expect-error the axis has 5
rearrange(x, "b c 1 -> b c");
// @ts-expect-error h and d are open
rearrange(x, "b (h d) t -> b h d t");
// @ts-expect-error no head
rearrange(x, "b (h d) t -> b h d t", { h: 0 });
export const badMixed = <B extends number>(x: Tensor<[B, 512, 9]>) =>
  // @ts-expect-error 512 is not a multiple of 7
  rearrange(x, "b (h d) t -> b h d t", { h: 7 });
export const badRank = <B extends number>(x: Tensor<[B, 512, 9]>) =>
  // @ts-expect-error rank 3
  rearrange(x, "b c -> c b");
