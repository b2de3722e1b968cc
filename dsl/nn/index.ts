/** Layers as functions of parameters and input, with the types of their parameters: all that `typegrad/nn` exports. */

export { type ConvParams, conv, initConv } from "./conv.ts";
export { type EmbeddingParams, embedding, initEmbedding } from "./embedding.ts";
export { initLinear, type LinearParams, linear } from "./linear.ts";
export { groupNorm, initNorm, type NormParams } from "./norm.ts";
