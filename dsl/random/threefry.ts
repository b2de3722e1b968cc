/**
 * Threefry-2x32 with 20 rounds: the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3" (2011). A bijection of 64 bits for each key, whose outputs for 0, 1, 2 … are random numbers.
 *
 * On unsigned 32-bit integers: each sum is taken mod 2³² by `>>> 0`.
 */

/** The five groups of four rounds: their rotations, and the words of the key that are added after them. */
const groups = [
  { rotations: [13, 15, 26, 6], first: 1, second: 2, count: 1 },
  { rotations: [17, 29, 16, 24], first: 2, second: 0, count: 2 },
  { rotations: [13, 15, 26, 6], first: 0, second: 1, count: 3 },
  { rotations: [17, 29, 16, 24], first: 1, second: 2, count: 4 },
  { rotations: [13, 15, 26, 6], first: 2, second: 0, count: 5 },
] as const;

/** The parity that makes the third word of a key (Skein's). */
const parity = 0x1bd11bda;

/** The block (c0, c1) under the key (k0, k1), all unsigned 32-bit integers. */
export const threefry2x32 = (k0: number, k1: number, c0: number, c1: number): readonly [number, number] => {
  const key = [k0, k1, (k0 ^ k1 ^ parity) >>> 0] as const;
  let x = (c0 + k0) >>> 0;
  let y = (c1 + k1) >>> 0;
  for (const { rotations, first, second, count } of groups) {
    for (const rotation of rotations) {
      x = (x + y) >>> 0;
      y = (x ^ ((y << rotation) | (y >>> (32 - rotation)))) >>> 0;
    }
    x = (x + key[first]) >>> 0;
    y = (((y + key[second]) >>> 0) + count) >>> 0;
  }
  return [x, y];
};
