/** The normal distribution, by the inverse of its cumulative distribution function. */

import type { Mutable } from "../ops/make.ts";
import { map } from "../ops.ts";
import { fma } from "../scalar/index.ts";
import type { Shape, ShapeFit } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Key } from "./key.ts";
import { uniformFor } from "./uniform.ts";

/** Giles, "Approximating the erfinv function" (GPU Computing Gems, 2012), table 1: highest powers first. */
const central = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
] as const;
const tail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
] as const;

/** Horner's scheme in f32, each step fused, as XLA compiles it. */
const polynomial = (x: number, coefficients: readonly number[]): number => {
  let sum = 0;
  for (const coefficient of coefficients) sum = Math.fround(fma(sum, x, Math.fround(coefficient)));
  return sum;
};

/** erf⁻¹ of an f32 number between −1 and 1, each step rounded to f32: relative error 3.5e-7 by the source. */
export const erfInv = (x: number): number => {
  const w = -Math.fround(Math.log1p(-Math.fround(x * x)));
  const p =
    w < 5 ? polynomial(Math.fround(w - 2.5), central) : polynomial(Math.fround(Math.fround(Math.sqrt(w)) - 3), tail);
  return Math.fround(p * x);
};

/** The smallest f32 number above −1: erf⁻¹(−1) is infinite. */
const aboveMinusOne = -1 + 2 ** -24;

/**
 * Standard normal numbers: mean 0, variance 1. √2 erf⁻¹(u) for u uniform in (−1, 1), by JAX's formulas, within 2 ulp of
 * its results; each step is rounded to f32, so that they are the same numbers where floats are kept in f64.
 * Shapes: the key `[2]` → S.
 * @throws ShapeError
 */
export const normal = <const S extends Shape>(key: Key, shape: S & ShapeFit<"random.normal", S>): Tensor<Mutable<S>> =>
  map(uniformFor("normal", key, shape, aboveMinusOne, 1), (u) => Math.fround(Math.fround(Math.SQRT2) * erfInv(u)));
