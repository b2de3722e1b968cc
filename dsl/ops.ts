/** The list of ops: an op is public, documented and tested by standing here. */

export { tensor } from "./host.ts";
export { argmax, argmin } from "./ops/arg-extremum.ts";
export { attention } from "./ops/attention.ts";
export { cast } from "./ops/cast.ts";
export { conv } from "./ops/conv.ts";
export { cumprod, cumsum } from "./ops/cumulative.ts";
export { einsum } from "./ops/einsum.ts";
export { fold } from "./ops/fold.ts";
export { gather } from "./ops/gather.ts";
export { groupNorm } from "./ops/group-norm.ts";
export { concat, stack, unstack } from "./ops/join.ts";
export { logSumExp } from "./ops/log-sum-exp.ts";
export { full, iota, ones, zeros } from "./ops/make.ts";
export { map } from "./ops/map.ts";
export { linear, matmul } from "./ops/matmul.ts";
export { broadcast, expand, flip, permute } from "./ops/move.ts";
export {
  abs,
  acos,
  acosh,
  add,
  and,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cbrt,
  ceil,
  clamp,
  cos,
  cosh,
  div,
  elu,
  equal,
  erf,
  erfc,
  erfInv,
  exp,
  expm1,
  floor,
  gelu,
  geluTanh,
  greater,
  greaterEqual,
  hardtanh,
  hypot,
  leakyRelu,
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
  sinh,
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
export { rearrange } from "./ops/rearrange.ts";
export { all, any, max, mean, min, prod, sum } from "./ops/reduce.ts";
export { reshape } from "./ops/reshape.ts";
export { resize } from "./ops/resize.ts";
export { scatterAdd } from "./ops/scatter-add.ts";
export { slice, split } from "./ops/slice.ts";
export { logSoftmax, softmax } from "./ops/softmax.ts";
export { argsort, sort, topK } from "./ops/sort.ts";
export { stopGradient } from "./ops/stop-gradient.ts";
export { embedding, take } from "./ops/take.ts";
export { upsample } from "./ops/upsample.ts";
export { std, variance } from "./ops/variance.ts";
export { where } from "./ops/where.ts";
