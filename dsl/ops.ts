/** The list of ops: an op is public, documented and tested by standing here. */

export { tensor } from "./host.ts";
export { attention } from "./ops/attention.ts";
export { cast } from "./ops/cast.ts";
export { conv } from "./ops/conv.ts";
export { convTranspose } from "./ops/conv-transpose.ts";
export { eye, tril, triu } from "./ops/diagonal.ts";
export { einsum } from "./ops/einsum.ts";
export { fold } from "./ops/fold.ts";
export { embedding, gather } from "./ops/gather.ts";
export { groupNorm } from "./ops/group-norm.ts";
export { concat, stack, unstack } from "./ops/join.ts";
export { full, iota, ones, zeros } from "./ops/make.ts";
export { map } from "./ops/map.ts";
export { linear, matmul } from "./ops/matmul.ts";
export { broadcast, expand, flip, permute } from "./ops/move.ts";
export {
  abs,
  add,
  and,
  atan2,
  cbrt,
  ceil,
  clamp,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  gelu,
  geluTanh,
  greater,
  greaterEqual,
  hypot,
  less,
  lessEqual,
  log,
  log1p,
  log2,
  log10,
  logSigmoid,
  maximum,
  minimum,
  mul,
  neg,
  not,
  notEqual,
  or,
  pow,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  tan,
  tanh,
  trunc,
  xor,
} from "./ops/named.ts";
export { oneHot } from "./ops/one-hot.ts";
export { pad } from "./ops/pad.ts";
export { avgPool, maxPool } from "./ops/pool.ts";
export { arange, linspace } from "./ops/range.ts";
export { rearrange } from "./ops/rearrange.ts";
export { max, mean, min, sum, variance } from "./ops/reduce.ts";
export { repeat, tile } from "./ops/repeat.ts";
export { reshape } from "./ops/reshape.ts";
export { resize } from "./ops/resize.ts";
export { slice, split } from "./ops/slice.ts";
export { logSoftmax, softmax } from "./ops/softmax.ts";
export { stopGradient } from "./ops/stop-gradient.ts";
export { upsample } from "./ops/upsample.ts";
export { where } from "./ops/where.ts";
