/** Attention of several heads. */

import type { Digits, DimKind, Dyn, Remainder } from "../dim.ts";
import type { Float } from "../dtype.ts";
import { attention, permute, reshape, unstack, zeros } from "../ops.ts";
import { type Key, split } from "../random/index.ts";
import { misfit, type Shape, type ShapeError } from "../shape.ts";
import type { In, Tensor } from "../tensor.ts";
import { xavierUniform } from "./init.ts";
import { initLinear, type LinearParams, linear } from "./linear.ts";

/** Four layers from E features to E, the first three shared out among the heads. */
export interface MultiHeadAttentionParams<in out E extends number, in out D extends Float = "f32"> {
  readonly query: LinearParams<E, E, D>;
  readonly key: LinearParams<E, E, D>;
  readonly value: LinearParams<E, E, D>;
  readonly output: LinearParams<E, E, D>;
}

/**
 * Parameters drawn as PyTorch draws them: those of queries, keys and values as one matrix [3E, E] by Xavier's rule, the
 * output as that of a linear layer, biases 0.
 * @example nn.initMultiHeadAttention(random.key(0), 2)
 * @throws ShapeError
 */
export const initMultiHeadAttention = <const E extends number>(key: Key, features: E): MultiHeadAttentionParams<E> => {
  const [queryKey, keyKey, valueKey, outputKey] = unstack(split(key, 4));
  const bias = zeros([features]);
  // Xavier's bound of [3E, E] is √(6 / 4E), and of [E, E] √(6 / 2E).
  const inward = (key: Key) => ({ weight: xavierUniform(key, [features, features], Math.SQRT1_2), bias });
  return {
    query: inward(queryKey),
    key: inward(keyKey),
    value: inward(valueKey),
    output: { weight: initLinear(outputKey, features, features).weight, bias },
  };
};

type HeadsMisfit<E, H> =
  `nn.multiHeadAttention: ${Digits<E>} features are not divisible by ${Digits<H>} heads; choose a number of heads that divides the features`;
const headsMisfit = (features: number, heads: number): string =>
  `nn.multiHeadAttention: ${features} features are not divisible by ${heads} heads; choose a number of heads that divides the features`;

/** Refuses a number of heads that does not divide a literal number of features. */
type HeadsFit<E, H> =
  DimKind<E> extends "literal"
    ? DimKind<H> extends "literal"
      ? [Remainder<E, H>] extends [0]
        ? [Remainder<E, H>] extends [never]
          ? ShapeError<HeadsMisfit<E, H>>
          : unknown
        : ShapeError<HeadsMisfit<E, H>>
      : unknown
    : unknown;

/**
 * Multi-head attention (arXiv 1706.03762, 3.2.2): queries, keys and values are linear in x, and E / heads features of each
 * attend by themselves; what they give, side by side, goes through a linear layer. Keys and values come from `context`,
 * where it is given.
 *
 * Shapes: x [...B, T, E], context [...B, S, E] → [...B, T, E]; heads divides E.
 * @example nn.multiHeadAttention(nn.initMultiHeadAttention(random.key(0), 4), ones([1, 2, 4]), 2)
 * @throws ShapeError
 */
export const multiHeadAttention = <
  B extends Shape,
  T extends number,
  E extends number,
  D extends Float,
  const H extends number,
>(
  params: MultiHeadAttentionParams<E, D>,
  x: In<readonly [...B, T, NoInfer<E>], NoInfer<D>>,
  heads: H & HeadsFit<E, H>,
  context?: NoInfer<In<readonly [...B, number, E], D>>,
): Tensor<[...B, T, E], D> => {
  const features: number = params.query.weight.shape[0];
  if (!Number.isInteger(heads) || heads < 1 || features % heads !== 0) misfit(headsMisfit(features, heads));
  const source = (context ?? x) as Tensor<Dyn, D>;
  const batch: Shape = x.shape.slice(0, -2);
  // [...B, T, E] ⇄ [...B, heads, T, E / heads]
  const order = [...batch.map((_, axis) => axis), ...[1, 0, 2].map((axis) => axis + batch.length)];
  const parted = (y: Tensor<Dyn, D>): Tensor<Dyn, D> =>
    permute(reshape(y, [...batch, y.shape.at(-2) as number, heads, features / heads]), order);
  const joined = (y: Tensor<Dyn, D>): Tensor<Dyn, D> =>
    reshape(permute(y, order), [...batch, y.shape.at(-2) as number, features]);
  const query = parted(linear(params.query, x as Tensor<Dyn, D>));
  const key = parted(linear(params.key, source));
  const value = parted(linear(params.value, source));
  return linear(params.output, joined(attention(query, key, value)));
};
