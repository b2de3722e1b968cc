/**
 * Random numbers as pure functions of a key: all that `typegrad/random` exports.
 *
 * The same key gives the same numbers, on every device; so a key is used once, and more are made by `split` and `foldIn`.
 */

export { bernoulli } from "./bernoulli.ts";
export { bits } from "./bits.ts";
export { categorical } from "./categorical.ts";
export { exponential, gumbel } from "./exponential.ts";
export { foldIn, type Key, key, split } from "./key.ts";
export { normal, type TruncatedNormalOptions, truncatedNormal } from "./normal.ts";
export { permutation } from "./permutation.ts";
export { type RandintOptions, randint } from "./randint.ts";
export { type UniformOptions, uniform } from "./uniform.ts";
