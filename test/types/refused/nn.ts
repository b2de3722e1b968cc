/** Layers whose parameters do not fit, refused by the types and at run time. */

import { cast, ones, type Tensor } from "../../../dsl/index.ts";
import {
  batchNorm,
  type ConvParams,
  conv,
  crossEntropy,
  type EmbeddingParams,
  embedding,
  groupNorm,
  initBatchNorm,
  initMultiHeadAttention,
  type LinearParams,
  layerNorm,
  linear,
  mse,
  multiHeadAttention,
  type NormParams,
  timestepEmbedding,
} from "../../../dsl/nn/index.ts";
import { key } from "../../../dsl/random/index.ts";

const x: Tensor<[2, 64, 8, 8]> = ones([2, 64, 8, 8]);
const features: Tensor<[2, 64]> = ones([2, 64]);
const linear128: LinearParams<128, 10> = { weight: ones([10, 128]), bias: ones([10]) };
const conv128: ConvParams<128, 32, [3, 3]> = { weight: ones([32, 128, 3, 3]), bias: ones([32]) };
const norm48: NormParams<48> = { weight: ones([48]), bias: ones([48]) };
const norm64: NormParams<64> = { weight: ones([64]), bias: ones([64]) };
const table: EmbeddingParams<5, 64> = { weight: ones([5, 64]) };

export const linearWidth = () =>
  // @ts-expect-error parameters for 128 features
  linear(linear128, features);

export const convChannels = () =>
  // @ts-expect-error parameters for 128 channels
  conv(conv128, x, { padding: 1 });

export const convOfVectors = () =>
  // @ts-expect-error a two-dimensional convolution of rank 2
  conv(conv128, features);

export const normChannels = () =>
  // @ts-expect-error parameters for 48 channels
  groupNorm(norm48, x, 16);

export const normGroups = () =>
  // @ts-expect-error 64 channels, 48 groups
  groupNorm(norm64, x, 48);

export const embeddingByFloats = () =>
  // @ts-expect-error indices are integers
  embedding(table, features);

export const layerWidth = () =>
  // @ts-expect-error parameters for 48 features
  layerNorm(norm48, features);

export const batchChannels = () =>
  // @ts-expect-error statistics of 48 channels
  batchNorm(initBatchNorm(48), x);

const words: Tensor<[2, 5, 64]> = ones([2, 5, 64]);
const heads64 = initMultiHeadAttention(key(0), 64);

export const heads = () =>
  // @ts-expect-error 64 features, 5 heads
  multiHeadAttention(heads64, words, 5);

export const contextWidth = () =>
  // @ts-expect-error a context of 32 features
  multiHeadAttention(heads64, words, 4, ones([2, 7, 32]));

export const contextBatch = () =>
  // @ts-expect-error another batch
  multiHeadAttention(heads64, words, 4, ones([3, 7, 64]));

export const labelsOfAnotherBatch = () =>
  // @ts-expect-error three labels for two rows
  crossEntropy(features, cast(ones([3]), "i32"));

const floats: Tensor<[2]> = ones([2]);

export const floatLabels = () =>
  // @ts-expect-error labels are integers
  crossEntropy(features, floats);

export const mseOfRows = () =>
  // @ts-expect-error a row of 32
  mse(features, ones([2, 32]));

export const noChannels = () =>
  // @ts-expect-error no channels
  timestepEmbedding(ones([2]), 0);
