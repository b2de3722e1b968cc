/** Contractions and look-ups: the results that the types give, and what they refuse. */

import type { Dyn, Half, Plus, Sym } from "../../dsl/dim.ts";
import type { DType, Float } from "../../dsl/dtype.ts";
import { conv } from "../../dsl/ops/conv.ts";
import { einsum } from "../../dsl/ops/einsum.ts";
import { gather } from "../../dsl/ops/gather.ts";
import { linear, matmul } from "../../dsl/ops/matmul.ts";
import { oneHot } from "../../dsl/ops/one-hot.ts";
import { avgPool, maxPool } from "../../dsl/ops/pool.ts";
import { embedding } from "../../dsl/ops/take.ts";
import type { Shape } from "../../dsl/shape.ts";
import type { Tensor } from "../../dsl/tensor.ts";

type T<S extends Shape, D extends DType = "f32"> = Tensor<S, D>;
type N = number;
type B = Sym<"B">;

export const product = (a: T<[2, 3]>, b: T<[3, 4]>): T<[2, 4]> => matmul(a, b);
export const products = (a: T<[7, 2, 3]>, b: T<[7, 3, 4]>): T<[7, 2, 4]> => matmul(a, b);
export const oneForAll = (a: T<[5, 7, 2, 3]>, b: T<[3, 4]>): T<[5, 7, 2, 4]> => matmul(a, b);
export const productOf = <B extends N, I extends N, K extends N, J extends N>(
  a: T<[B, I, K]>,
  b: T<[B, K, J]>,
): T<[B, I, J]> => matmul(a, b);
export const productOfAnyBatch = <S extends Shape, D extends Float>(
  a: T<[...S, 2, 3], D>,
  b: T<[...S, 3, 4], D>,
): T<[...S, 2, 4], D> => matmul(a, b);
export const symbolicProduct = (a: T<[B, 2, 3]>, b: T<[B, 3, 4]>): T<[B, 2, 4]> => matmul(a, b);
export const dynamicProduct = (a: T<[2, Dyn]>, b: T<[3, Dyn]>): T<[2, 4]> => matmul(a, b);
// @ts-expect-error inner axes of 3 and 4
export const innerDiffers = (a: T<[2, 3]>, b: T<[4, 5]>) => matmul(a, b);
// @ts-expect-error batches of 7 and 8
export const batchDiffers = (a: T<[7, 2, 3]>, b: T<[8, 3, 5]>) => matmul(a, b);
// @ts-expect-error f32 and f16
export const dtypeDiffers = (a: T<[7, 2, 3]>, b: T<[7, 3, 5], "f16">) => matmul(a, b);
// @ts-expect-error K is not L
export const genericInner = <K extends N, L extends N>(a: T<[2, K]>, b: T<[L, 4]>) => matmul(a, b);
// @ts-expect-error the first of rank 2 has no batch
export const firstHasNoBatch = (a: T<[2, 3]>, b: T<[5, 3, 4]>) => matmul(a, b);

export const layer = (x: T<[2, 64]>, w: T<[10, 64]>, b: T<[10]>): T<[2, 10]> => linear(x, w, b);
export const layerOfVector = (x: T<[64]>, w: T<[10, 64]>, b: T<[10]> | undefined): T<[10]> => linear(x, w, b);
export const layerOf = <B extends N, I extends N, O extends N, D extends Float>(
  x: T<[B, I], D>,
  w: T<[O, I], D>,
  b: T<[O], D>,
): T<[B, O], D> => linear(x, w, b);
export const layerOfAnyBatch = <S extends Shape>(x: T<[...S, 64]>, w: T<[10, 64]>): T<[...S, 10]> => linear(x, w);
export const layerOfHalf = <C extends N>(x: T<[2, Half<C>]>, w: T<[Plus<C, 1>, Half<C>]>): T<[2, Plus<C, 1>]> =>
  linear(x, w);
// @ts-expect-error the weight takes 32
export const inputsDiffer = (x: T<[2, 64]>, w: T<[10, 32]>) => linear(x, w);
// @ts-expect-error I is not J
export const genericInputs = <I extends N, J extends N>(x: T<[2, I]>, w: T<[10, J]>) => linear(x, w);
// @ts-expect-error a bias for each output
export const biasDiffers = (x: T<[2, 64]>, w: T<[10, 64]>, b: T<[64]>) => linear(x, w, b);

export const scores = <B extends N, C extends N, I extends N, J extends N, D extends Float>(
  q: T<[B, C, I], D>,
  k: T<[B, C, J], D>,
): T<[B, I, J], D> => einsum("bct, bcs -> bts", q, k);
export const chain = (a: T<[B, 3]>, b: T<[3, 4]>, c: T<[4, B]>): T<[B]> => einsum("bi,ij,jb->b", a, b, c);
export const diagonal = (a: T<[5, 5]>): T<[5]> => einsum("ii->i", a);
export const trace = <S extends N>(a: T<[S, S]>): T<[]> => einsum("ii->", a);
export const scaled = (s: T<[]>, x: T<[4]>): T<[4]> => einsum(",i->i", s, x);
export const dynamicSum = (a: T<[5, Dyn]>, b: T<[Dyn, 7]>): T<[5, 7]> => einsum("ij,jk->ik", a, b);
export const unknownEquation = (equation: string, a: T<[5, 4]>): T<[5]> => einsum(equation, a);
// @ts-expect-error j is 3 and 4
export const labelDiffers = (a: T<[2, 3]>, b: T<[4, 5]>) => einsum("ij,jk->ik", a, b);
// @ts-expect-error I is not J
export const genericLabel = <I extends N, J extends N>(a: T<[2, I]>, b: T<[J, 4]>) => einsum("ij,jk->ik", a, b);
// @ts-expect-error two labels for three axes
export const rankDiffers = (a: T<[2, 3, 4]>, b: T<[3, 5]>) => einsum("ij,jk->ik", a, b);
// @ts-expect-error no operand has l
export const labelUnknown = (a: T<[2, 3]>, b: T<[3, 5]>) => einsum("ij,jk->il", a, b);
// @ts-expect-error i is named twice
export const labelTwice = (a: T<[2, 3]>, b: T<[3, 5]>) => einsum("ij,jk->ii", a, b);
// @ts-expect-error no arrow
export const noArrow = (a: T<[2, 3]>, b: T<[3, 5]>) => einsum("ij,jk", a, b);
// @ts-expect-error labels for two operands
export const operandMissing = (a: T<[2, 3]>) => einsum("ij,jk->ik", a);
// @ts-expect-error 1 is no letter
export const digitLabel = (a: T<[2, 3]>) => einsum("i1->i", a);
// @ts-expect-error no diagonal of 2 by 3
export const notSquare = (a: T<[2, 3]>) => einsum("ii->i", a);
// @ts-expect-error f32 and f16
export const sumOfTwoTypes = (a: T<[2, 3]>, b: T<[3, 5], "f16">) => einsum("ij,jk->ik", a, b);

export const same = (x: T<[2, 4, 7, 5]>, w: T<[6, 4, 3, 3]>, b: T<[6]>): T<[2, 6, 7, 5]> =>
  conv(x, w, b, { padding: 1 });
export const valid = (x: T<[2, 4, 7, 5]>, w: T<[6, 4, 3, 3]>): T<[2, 6, 5, 3]> => conv(x, w);
export const strided = (x: T<[2, 4, 8, 9]>, w: T<[6, 4, 3, 3]>): T<[2, 6, 4, 5]> =>
  conv(x, w, undefined, { stride: 2, padding: 1 });
export const signal = <B extends N, I extends N, O extends N, L extends N>(
  x: T<[B, I, L]>,
  w: T<[O, I, 1]>,
  b: T<[O]>,
): T<[B, O, L]> => conv(x, w, b);
export const sameOf = <B extends N, I extends N, O extends N, H extends N, W extends N, D extends Float>(
  x: T<[B, I, H, W], D>,
  w: T<[O, I, 3, 3], D>,
  b: T<[O], D>,
): T<[B, O, H, W], D> => conv(x, w, b, { padding: 1 });
export const dilatedOf = <B extends N, C extends N, H extends N, W extends N>(
  x: T<[B, C, H, W]>,
  w: T<[C, C, 3, 3]>,
): T<[B, C, H, W]> => conv(x, w, undefined, { padding: 2, dilation: 2 });
export const halved = <B extends N, I extends N, O extends N, H extends N, W extends N>(
  x: T<[B, I, H, W]>,
  w: T<[O, I, 2, 2]>,
): T<[B, O, Half<H>, Half<W>]> => conv(x, w, undefined, { stride: 2 });
export const halvedThenSame = <B extends N, I extends N, O extends N, H extends N, W extends N>(
  x: T<[B, I, H, W]>,
  w: T<[O, I, 3, 3]>,
  v: T<[O, O, 3, 3]>,
): T<[B, O, Half<Plus<H, 1>>, Half<Plus<W, 1>>]> =>
  conv(conv(x, w, undefined, { stride: 2, padding: 1 }), v, undefined, { padding: 1 });
export const grouped = (x: T<[2, 8, 7, 5]>, w: T<[12, 2, 3, 3]>): T<[2, 12, 7, 5]> =>
  conv(x, w, undefined, { padding: 1, groups: 4 });
export const depthwise = <B extends N, C extends N, H extends N, W extends N>(
  x: T<[B, C, H, W]>,
  w: T<[C, 1, 3, 3]>,
): T<[B, C, H, W]> => conv(x, w, undefined, { padding: 1, groups: x.shape[1] });
export const perAxis = (x: T<[1, 3, 6, 9]>, w: T<[4, 3, 3, 3]>): T<[1, 4, 6, 6]> =>
  conv(x, w, undefined, {
    padding: [
      [0, 2],
      [2, 2],
    ],
    stride: [1, 2],
  });
export const symbolic = (x: T<[B, 3, Sym<"H">, 9]>, w: T<[4, 3, 3, 3]>): T<[B, 4, Sym<"(H-2)">, 7]> => conv(x, w);
export const dynamic = (x: T<[2, Dyn, Dyn, 8]>, w: T<[Dyn, Dyn, 3, 3]>): T<[2, 5, 7, 8]> =>
  conv(x, w, undefined, { padding: 1 });
export const unknownStride = (x: T<[2, 3, 8]>, w: T<[4, 3, 3]>, stride: number): T<[2, 4, number]> =>
  conv(x, w, undefined, { stride });
export const optionalPadding = (
  x: T<[2, 3, 8]>,
  w: T<[4, 3, 3]>,
  options: { readonly padding?: number },
): T<[2, 4, number]> => conv(x, w, undefined, options);
export const genericKernel = <K extends N, H extends N, P extends N>(
  x: T<[2, 3, H, 8]>,
  w: T<[4, 3, K, K]>,
  padding: P,
) => conv(x, w, undefined, { padding });
// @ts-expect-error the weight takes 4 channels
export const channelsDiffer = (x: T<[2, 8, 7, 5]>, w: T<[6, 4, 3, 3]>) => conv(x, w);
// @ts-expect-error C is not E
export const genericChannels = <C extends N, E extends N>(x: T<[2, C, 7, 5]>, w: T<[6, E, 3, 3]>) => conv(x, w);
// @ts-expect-error four groups of four are 16 channels
export const groupsTakeMore = (x: T<[2, 8, 7, 5]>, w: T<[8, 4, 3, 3]>) => conv(x, w, undefined, { groups: 4 });
// @ts-expect-error 6 outputs in 4 groups
export const groupsOfOutputs = (x: T<[2, 8, 7, 5]>, w: T<[6, 2, 3, 3]>) => conv(x, w, undefined, { groups: 4 });
// @ts-expect-error 3 places of 2
export const kernelTooLarge = (x: T<[2, 8, 7, 2]>, w: T<[6, 8, 3, 3]>) => conv(x, w);
// @ts-expect-error spans 9 places of 7
export const kernelSpansTooMuch = (x: T<[2, 8, 7]>, w: T<[6, 8, 3]>) => conv(x, w, undefined, { dilation: 4 });
// @ts-expect-error the option is padding
export const misspelt = (x: T<[2, 8, 7]>, w: T<[6, 8, 3]>) => conv(x, w, undefined, { stride: 2, pad: 1 });
// @ts-expect-error from 0 up
export const negativePadding = (x: T<[2, 8, 7]>, w: T<[6, 8, 3]>) => conv(x, w, undefined, { padding: -1 });
// @ts-expect-error from 1 up
export const noStride = (x: T<[2, 8, 7]>, w: T<[6, 8, 3]>) => conv(x, w, undefined, { stride: 0 });
// @ts-expect-error one axis, two entries
export const tooManyEntries = (x: T<[2, 8, 7]>, w: T<[6, 8, 3]>) => conv(x, w, undefined, { padding: [1, 2] });
// @ts-expect-error a kernel of one axis for images
export const kernelRank = (x: T<[2, 8, 7, 5]>, w: T<[6, 8, 3]>) => conv(x, w);

export const pooled = (x: T<[2, 4, 8, 9]>): T<[2, 4, 4, 4]> => avgPool(x, 2);
export const pooledPerAxis = (x: T<[2, 4, 8, 9]>): T<[2, 4, 4, 9]> =>
  maxPool(x, [2, 3], {
    stride: [2, 1],
    padding: [0, [1, 1]],
  });
export const pooledSignal = <B extends N, C extends N, L extends N>(x: T<[B, C, L]>): T<[B, C, L]> =>
  maxPool(x, 3, { stride: 1, padding: 1 });
export const pooledAll = (x: T<[B, 4, 8, 8], "f16">): T<[B, 4, 1, 1], "f16"> => avgPool(x, 8);
export const pooledBy = (x: T<[2, 4, 8]>, size: number): T<[2, 4, number]> => maxPool(x, size);
// @ts-expect-error spans 9 places of 8
export const windowTooLarge = (x: T<[2, 4, 8]>) => maxPool(x, 9);
// @ts-expect-error two zeros in a window of two
export const onlyPadding = (x: T<[2, 4, 8]>) => maxPool(x, 2, { padding: 2 });
// @ts-expect-error countPadding is of means
export const countedMaximum = (x: T<[2, 4, 8]>) => maxPool(x, 2, { countPadding: true });
// @ts-expect-error floats only
export const pooledIntegers = (x: T<[2, 4, 8], "i32">) => maxPool(x, 2);

export const looked = (table: T<[100, 8]>, at: T<[2, 3], "i32">): T<[2, 3, 8]> => embedding(table, at);
export const lookedOf = <V extends N, R extends Shape, S extends Shape, D extends DType>(
  table: T<[V, ...R], D>,
  at: T<S, "u32">,
): T<[...S, ...R], D> => embedding(table, at);
export const picked = (x: T<[3, 5, 2]>, at: T<[3, 4, 2], "i32">): T<[3, 4, 2]> => gather(x, at, 1);
export const pickedFromEnd = (x: T<[3, 5, 2]>, at: T<[3, 4, 2], "i32">): T<[3, 4, 2]> => gather(x, at, -2);
export const pickedOf = <R extends N, C extends N, K extends N, D extends DType>(
  x: T<[R, C], D>,
  at: T<[R, K], "i32">,
): T<[R, K], D> => gather(x, at, 1);
export const hot = (at: T<[2, 3], "i32">): T<[2, 3, 10]> => oneHot(at, 10);
export const hotOf = <S extends Shape, C extends N>(at: T<S, "i32">, classes: C): T<[...S, C], "f16"> =>
  oneHot(at, classes, "f16");
// @ts-expect-error indices are integers
export const lookedByFloats = (table: T<[100, 8]>, at: T<[2]>) => embedding(table, at);
// @ts-expect-error axis 0 is 3, not 2
export const otherAxisDiffers = (x: T<[3, 5]>, at: T<[2, 4], "i32">) => gather(x, at, 1);
// @ts-expect-error no axis 2
export const noAxis = (x: T<[3, 5]>, at: T<[3, 5], "i32">) => gather(x, at, 2);
// @ts-expect-error from 1 up
export const noClasses = (at: T<[3], "i32">) => oneHot(at, 0);
