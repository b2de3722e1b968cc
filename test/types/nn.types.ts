/** What the types of `typegrad/nn` say. */

import type { Shape, Tensor } from "../../dsl/index.ts";
import * as nn from "../../dsl/nn/index.ts";
import type { Key } from "../../dsl/random/index.ts";

declare const key: Key;
declare const x: Tensor<[8, 16, 64]>;
declare const images: Tensor<[8, 3, 32, 32]>;
declare const labels: Tensor<[8], "i32">;
declare const logits: Tensor<[8, 10]>;

export const params: nn.MultiHeadAttentionParams<64> = nn.initMultiHeadAttention(key, 64);
export const attended: Tensor<[8, 16, 64]> = nn.multiHeadAttention(params, x, 4);
export const normal: Tensor<[8, 16, 64]> = nn.layerNorm(nn.initNorm(64), x);
export const batch: Tensor<[8, 3, 32, 32]> = nn.batchNorm(nn.initBatchNorm(3), images);
export const kept: Tensor<[8, 10]> = nn.dropout(key, logits, 0.1);
export const loss: Tensor<[]> = nn.crossEntropy(logits, labels);
export const losses: Tensor<[8]> = nn.crossEntropy(logits, labels, { reduction: "none", smoothing: 0.1 });
export const difference: Tensor<[]> = nn.mse(x, attended);
export const waves: Tensor<[8, 128]> = nn.timestepEmbedding(labels, 128);
export const weight: Tensor<[20, 10]> = nn.xavierUniform(key, [20, 10]);

export const block = <B extends number, T extends number>(
  p: nn.MultiHeadAttentionParams<64>,
  norm: nn.NormParams<64>,
  x: Tensor<[B, T, 64]>,
  context: Tensor<[B, 7, 64]>,
): Tensor<[B, T, 64]> => nn.multiHeadAttention(p, nn.layerNorm(norm, x), 4, context);
export const masked = <S extends Shape>(key: Key, x: Tensor<S>): Tensor<S> => nn.dropout(key, x, 0.5);
export const embedded = <B extends number>(t: Tensor<[B]>): Tensor<[B, 6]> => nn.timestepEmbedding(t, 6);
