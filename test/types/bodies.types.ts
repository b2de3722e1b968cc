/** Bodies and results that the checker follows by type parameters alone: what it accepts there, and what it refuses. */

import type { Half, Plus } from "../../dsl/dim.ts";
import {
  add,
  attention,
  avgPool,
  concat,
  type Dyn,
  einsum,
  exp,
  type Float,
  grad,
  linear,
  matmul,
  mean,
  mul,
  permute,
  rearrange,
  reshape,
  type Shape,
  type Sym,
  softmax,
  sum,
  type Tensor,
} from "../../dsl/index.ts";
import {
  type ConvParams,
  conv,
  groupNorm,
  type LinearParams,
  linear as layer,
  type NormParams,
} from "../../dsl/nn/index.ts";
import { type Res, res } from "./unet/blocks.ts";

// Shapes of any rank.
export const twice = <S extends Shape, D extends Float>(x: Tensor<S, D>): Tensor<S, D> => add(x, exp(x));
// @ts-expect-error nothing says that S and U are equal
export const sums = <S extends Shape, U extends Shape>(x: Tensor<S>, y: Tensor<U>): Tensor<S> => add(x, y);
// @ts-expect-error a sum of all has rank 0
export const total = <S extends Shape>(x: Tensor<S>): Tensor<S> => sum(x);

// Dims.
export const gated = <B extends number, C extends number, H extends number, W extends number>(
  x: Tensor<[B, C, H, W]>,
  gate: Tensor<[B, C]>,
): Tensor<[B, C, H, W]> => mul(x, reshape(gate, [...gate.shape, 1, 1]));
export const ungated = <B extends number, C extends number, H extends number, W extends number>(
  x: Tensor<[B, C, H, W]>,
  gate: Tensor<[B, C]>,
  // @ts-expect-error [B, C] does not broadcast into [B, C, H, W]
): Tensor<[B, C, H, W]> => mul(x, gate);
export const pooled = <B extends number, C extends number, H extends number, W extends number>(
  x: Tensor<[B, C, H, W]>,
): Tensor<[B, C]> => mean(x, [2, 3]);
export const halved = <B extends number, C extends number, H extends number, W extends number>(
  x: Tensor<[B, C, H, W]>,
): Tensor<[B, C, Half<H>, Half<W>]> => avgPool(x, 2);
export const joined = <B extends number, C extends number, E extends number, H extends number, W extends number>(
  x: Tensor<[B, C, H, W]>,
  y: Tensor<[B, E, H, W]>,
): Tensor<[B, Plus<C, E>, H, W]> => concat([x, y], 1);
export const rows = <B extends number, T extends number, C extends number>(x: Tensor<[B, T, C]>): Tensor<[B, C, T]> =>
  permute(x, [0, 2, 1]);
export const scores = <B extends number, T extends number, C extends number>(
  q: Tensor<[B, T, C]>,
  k: Tensor<[B, T, C]>,
): Tensor<[B, T, T]> => softmax(matmul(q, rows(k)));
export const badScores = <B extends number, T extends number, C extends number>(
  q: Tensor<[B, T, C]>,
  k: Tensor<[B, T, C]>,
  // @ts-expect-error the inner dims are C and T
): Tensor<[B, T, T]> => softmax(matmul(q, k));
export const attended = <B extends number, T extends number, C extends number>(
  x: Tensor<[B, T, C]>,
): Tensor<[B, T, C]> => attention(x, x, x);
export const weighted = <B extends number, T extends number, C extends number>(
  x: Tensor<[B, T, C]>,
  w: Tensor<[B, T]>,
): Tensor<[B, C]> => einsum("btc,bt->bc", x, w);
export const badlyWeighted = <B extends number, T extends number, C extends number>(
  x: Tensor<[B, T, C]>,
  w: Tensor<[B, C]>,
  // @ts-expect-error t is T and C
): Tensor<[B, C]> => einsum("btc,bt->bc", x, w);

// Layers.
interface Mlp<H extends number> {
  readonly first: LinearParams<784, H>;
  readonly second: LinearParams<H, 10>;
}
const mlp = <B extends number, H extends number>(p: Mlp<H>, x: Tensor<[B, 784]>): Tensor<[B, 10]> =>
  layer(p.second, exp(layer(p.first, x)));
export const backwards = <B extends number, H extends number>(p: Mlp<H>, x: Tensor<[B, 784]>): Tensor<[B, 10]> =>
  // @ts-expect-error H features for 784
  layer(p.first, exp(layer(p.second, x)));
export const normalised = <B extends number, C extends number, H extends number, W extends number>(
  p: ConvParams<C, C, [3, 3]>,
  norm: NormParams<C>,
  x: Tensor<[B, C, H, W]>,
): Tensor<[B, C, H, W]> => conv(p, groupNorm(norm, x, 32), { padding: 1 });
export const shrunk = <B extends number, C extends number, H extends number, W extends number>(
  p: ConvParams<C, C, [3, 3]>,
  x: Tensor<[B, C, H, W]>,
  // @ts-expect-error without padding, 3 × 3 takes two rows and columns away
): Tensor<[B, C, H, W]> => conv(p, x);

// Gradients have the type of the first argument.
const loss = (p: Mlp<32>, x: Tensor<[4, 784]>): Tensor<[]> => mean(mlp(p, x));
export const lossGradient: (p: Mlp<32>, x: Tensor<[4, 784]>) => Mlp<32> = grad(loss);
// @ts-expect-error not that of another width
export const otherGradient: (p: Mlp<64>, x: Tensor<[4, 784]>) => Mlp<64> = grad(loss);

// Results, and blocks that users write.
declare const image: Tensor<[2, 64, 32, 32]>;
declare const emb: Tensor<[2, 1024]>;
declare const kernels: ConvParams<64, 128, [3, 3]>;
export const strided: Tensor<[2, 128, 16, 16]> = conv(kernels, image, { stride: 2, padding: 1 });
// @ts-expect-error 16 × 16, with stride 2
export const unstrided: Tensor<[2, 128, 32, 32]> = conv(kernels, image, { stride: 2, padding: 1 });
export const block: Tensor<[2, 64, 32, 32]> = res({} as Res<64, 64>, image, emb);
// @ts-expect-error parameters for 512 channels, an image of 64: a union of both is never inferred
export const wideBlock = res({} as Res<512, 512>, image, emb);
export const big: Tensor<[1048576, 1024]> = reshape({} as Tensor<[32768, 32768]>, [1048576, 1024]);
export const heads: Tensor<[2, 8, 256, 32]> = rearrange({} as Tensor<[2, 256, 256]>, "b (h d) t -> b h t d", { h: 8 });

// Symbols and dims that are not known.
type Batch = Sym<"Batch">;
declare const named: Tensor<[Batch, 784]>;
export const symbolic: Tensor<[Batch, 10]> = mlp({} as Mlp<32>, named);
// @ts-expect-error a symbol is no other symbol
export const otherSymbol: Tensor<[Sym<"Time">, 10]> = mlp({} as Mlp<32>, named);
declare const unknown: Tensor<[2, Dyn, 32, 32]>;
export const gradual: Tensor<[2, 64, 32, 32]> = add(image, unknown);
// @ts-expect-error rank is checked even so
export const unknownRank: Tensor<[2, Dyn]> = unknown;
declare const strict: Tensor<[2, number]>;
// @ts-expect-error `number` is unknown and strict
export const unproven: Tensor<[2, 64]> = strict;
export const batched: Tensor<[2, 3, 5]> = linear({} as Tensor<[2, 3, 4]>, {} as Tensor<[5, 4]>);
