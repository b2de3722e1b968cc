/** What layers have in common at their start. */

import type { Mutable } from "../ops/make.ts";
import { mul, unstack } from "../ops.ts";
import { type Key, normal, split, uniform } from "../random/index.ts";
import { misfit, type Shape, type ShapeFit, show, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Weight and bias, uniform within ±1 / √fanIn, where each output is a sum over fanIn inputs: PyTorch's default, which is
 * Kaiming's bound (arXiv 1502.01852) with a gain of 1 / √3.
 */
export const initAffine = <const S extends Shape, const O extends number>(
  key: Key,
  fanIn: number,
  weight: S & ShapeFit<"random.uniform", S>,
  outputs: O,
): { readonly weight: Tensor<Mutable<S>>; readonly bias: Tensor<[O]> } => {
  const [weightKey, biasKey] = unstack(split(key));
  const bound = 1 / Math.sqrt(fanIn);
  const range = { low: -bound, high: bound };
  return { weight: uniform(weightKey, weight, range), bias: uniform(biasKey, [outputs], range) };
};

/** What goes into and out of each element of a result: of a weight [outputs, inputs, …kernel]. */
const fansOf = (name: string, shape: Shape): readonly [fanIn: number, fanOut: number] => {
  const [outputs, inputs, ...kernel] = shape;
  if (outputs === undefined || inputs === undefined)
    return misfit(`nn.${name}: ${show(shape)} has rank ${shape.length}, and a weight is [outputs, inputs, …]`);
  return [inputs * sizeOf(kernel), outputs * sizeOf(kernel)];
};

/**
 * Uniform within ±gain · √(6 / (fanIn + fanOut)): the variance of values and of cotangents stays alike through linear layers
 * (Glorot and Bengio, AISTATS 2010). For a weight [outputs, inputs, …kernel].
 * @example nn.xavierUniform(random.key(0), [2, 3])
 * @throws ShapeError
 */
export const xavierUniform = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.uniform", S>,
  gain = 1,
): Tensor<Mutable<S>> => {
  const [fanIn, fanOut] = fansOf("xavierUniform", shape);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(key, shape, { low: -bound, high: bound });
};

/**
 * Uniform within ±gain · √(3 / fanIn): the variance of values stays through layers with relu, of gain √2, the default
 * (arXiv 1502.01852). For a weight [outputs, inputs, …kernel].
 * @example nn.kaimingUniform(random.key(0), [2, 3])
 * @throws ShapeError
 */
export const kaimingUniform = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.uniform", S>,
  gain = Math.SQRT2,
): Tensor<Mutable<S>> => {
  const [fanIn] = fansOf("kaimingUniform", shape);
  const bound = gain * Math.sqrt(3 / fanIn);
  return uniform(key, shape, { low: -bound, high: bound });
};

/**
 * Normal of deviation gain · √(1 / fanIn): as `kaimingUniform`, with tails.
 * @example nn.kaimingNormal(random.key(0), [2, 3])
 * @throws ShapeError
 */
export const kaimingNormal = <const S extends Shape>(
  key: Key,
  shape: S & ShapeFit<"random.normal", S>,
  gain = Math.SQRT2,
): Tensor<Mutable<S>> => {
  const [fanIn] = fansOf("kaimingNormal", shape);
  return mul(normal(key, shape), gain * Math.sqrt(1 / fanIn));
};
