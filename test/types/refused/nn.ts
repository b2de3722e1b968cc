/** Layers whose parameters do not fit, refused by the types and at run time. */

import { ones, type Tensor } from "../../../dsl/index.ts";
import {
  type ConvParams,
  conv,
  type EmbeddingParams,
  embedding,
  groupNorm,
  type LinearParams,
  linear,
  type NormParams,
} from "../../../dsl/nn/index.ts";

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
