/** The inverse of the error function as JAX computes it, which decides the last bits of normal numbers. */

import { gilesCentral, gilesTail } from "../scalar/giles.ts";
import { fma } from "../scalar/index.ts";

/** Horner's scheme in f32, each step fused, as XLA compiles it. */
const polynomial = (x: number, coefficients: readonly number[]): number => {
  let sum = 0;
  for (const coefficient of coefficients) sum = Math.fround(fma(sum, x, Math.fround(coefficient)));
  return sum;
};

/** erf⁻¹ of an f32 number between −1 and 1 by Giles' polynomials, each step rounded to f32. `scalar.erfInv` is exact. */
export const erfInvSingle = (x: number): number => {
  const w = -Math.fround(Math.log1p(-Math.fround(x * x)));
  const p =
    w < 5
      ? polynomial(Math.fround(w - 2.5), gilesCentral)
      : polynomial(Math.fround(Math.fround(Math.sqrt(w)) - 3), gilesTail);
  return Math.fround(p * x);
};

/** The smallest f32 number above −1: erf⁻¹(−1) is infinite. */
export const aboveMinusOne = -1 + 2 ** -24;
