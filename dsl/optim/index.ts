/**
 * Optimisers as pure functions: all that `typegrad/optim` exports.
 *
 * Parameters, gradients and what an optimiser remembers are trees of f32 tensors. A step takes them and returns new ones;
 * compiled with its arguments donated, it writes the new ones over the old.
 */

export { type AdamOptions, type AdamState, adam, adamW, initAdam } from "./adam.ts";
export { ema } from "./ema.ts";
export { clipByGlobalNorm, globalNorm } from "./global-norm.ts";
export type { Rate, Stepped } from "./parameters.ts";
export { constantRate, cosineRate, linearRate, type Schedule, warmUp } from "./schedule.ts";
export { initSgd, type SgdOptions, type SgdState, sgd } from "./sgd.ts";
