/**
 * Random numbers as pure functions of a key: all that `typegrad/random` exports.
 *
 * The same key gives the same numbers, on every device; so a key is used once, and more are made by `split` and `foldIn`.
 */

export { bits } from "./bits.ts";
export { foldIn, type Key, key, split } from "./key.ts";
export { normal } from "./normal.ts";
export { type UniformOptions, uniform } from "./uniform.ts";
