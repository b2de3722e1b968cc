/** Layers as functions of parameters and input, with the types of their parameters: all that `typegrad/nn` exports. */

export { type ConvParams, conv, initConv } from "./conv.ts";
export { dropout } from "./dropout.ts";
export { type EmbeddingParams, embedding, initEmbedding } from "./embedding.ts";
export { kaimingNormal, kaimingUniform, xavierUniform } from "./init.ts";
export { initLinear, type LinearParams, linear } from "./linear.ts";
export { crossEntropy, mse, type Reduction } from "./loss.ts";
export { initMultiHeadAttention, type MultiHeadAttentionParams, multiHeadAttention } from "./multi-head-attention.ts";
export {
  type BatchNormParams,
  batchNorm,
  groupNorm,
  initBatchNorm,
  initNorm,
  layerNorm,
  type NormParams,
} from "./norm.ts";
export { timestepEmbedding } from "./timestep-embedding.ts";
