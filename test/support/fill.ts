/** The deterministic fill of the reference numbers: what looks random, by a hash of place and seed. */

const hash32 = (n: number): number => {
  let x = n >>> 0;
  for (let round = 0; round < 2; round++) x = Math.imul(x ^ (x >>> 16), 0x045d9f3b) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
};

/** Numbers in [−½, ½). */
export const fillOf = (seed: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => hash32((i + Math.imul(seed, 0x9e3779b1)) >>> 0) / 2 ** 32 - 0.5);

/** Of mean 0 and variance 1. */
export const noiseFill = (seed: number, count: number): number[] =>
  fillOf(seed, count).map((value) => value * 2 * Math.sqrt(3));
