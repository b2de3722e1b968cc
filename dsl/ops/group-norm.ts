/** `groupNorm`: channels normalised in groups. */

import type { Digits, DimKind, Remainder } from "../dim.ts";
import type { Float } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { misfit, type Shape, type ShapeError, show, sizeOf } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { composite } from "./composite.ts";
import { checkFloat } from "./elementwise.ts";
import { add, mul, rsqrt, sub } from "./named.ts";
import { mean } from "./reduce.ts";
import { variance } from "./variance.ts";

type GroupMisfit<C, G> =
  `groupNorm: ${Digits<C>} channels are not divisible by ${Digits<G>} groups; choose a number of groups that divides the channels`;
const groupMisfit = (channels: number, groups: number): string =>
  `groupNorm: ${channels} channels are not divisible by ${groups} groups; choose a number of groups that divides the channels`;

/** Refuses a number of groups that does not divide a literal number of channels. */
export type GroupsFit<C, G> =
  DimKind<C> extends "literal"
    ? DimKind<G> extends "literal"
      ? [Remainder<C, G>] extends [0]
        ? [Remainder<C, G>] extends [never]
          ? ShapeError<GroupMisfit<C, G>>
          : unknown
        : ShapeError<GroupMisfit<C, G>>
      : unknown
    : unknown;

type GroupNorm = <B extends number, C extends number, R extends Shape, D extends Float, const G extends number>(
  x: In<readonly [B, C, ...R], D>,
  groups: G & GroupsFit<C, G>,
  scale: NoInfer<In<readonly [C], D>>,
  bias: NoInfer<In<readonly [C], D>>,
  eps?: number,
) => Tensor<[B, C, ...R], D>;

const body = composite(
  "groupNorm",
  (x: AnyTensor, groups: number, scale: AnyTensor, bias: AnyTensor, eps: number): AnyTensor => {
    const [batch = 1, channels = 1, ...rest] = x.shape as number[];
    const grouped = reshapeTo(x, [batch, groups, (channels / groups) * sizeOf(rest)]);
    const keepDims = { keepDims: true } as const;
    const centred = sub(grouped, mean(grouped, 2, keepDims));
    const normal = mul(centred, rsqrt(add(variance(grouped, 2, keepDims), eps)));
    const perChannel = (v: AnyTensor): AnyTensor => reshapeTo(v, [1, channels, ...rest.map(() => 1)]);
    return add(mul(reshapeTo(normal, x.shape), perChannel(scale)), perChannel(bias));
  },
);

/**
 * Group normalisation (arXiv 1803.08494): (x − μ) / √(σ² + ε) · scale + bias, with μ and σ² over the channels of a group
 * and all places.
 *
 * Shapes: x [B, C, …], scale and bias [C] → [B, C, …]; groups divides C. eps is 1e-5 by default.
 * @throws ShapeError
 */
export const groupNorm: Op<GroupNorm> = op(
  {
    name: "groupNorm",
    kind: "composite",
    law: "[B, C, ...R], groups, [C], [C] → [B, C, ...R]",
    formula: "(x − μ) / √(σ² + ε) · scale + bias, μ and σ² of each group",
    gradient: "(g − mean g − x̂ · mean(g · x̂)) / √(σ² + ε), with x̂ = (x − μ) / √(σ² + ε) and g = ct · scale",
    example: "groupNorm(tensor([[[1, 3], [2, 2]]]), 2, ones([2]), zeros([2]))",
    draw: (draw) => {
      const groups = draw.integer(1, 3);
      const channels = groups * draw.integer(1, 2);
      const rest = draw.oneOf([[3], [2, 3], [4]]);
      const x = draw.tensor([draw.integer(1, 2), channels, ...rest], { distinct: true });
      const args = [x, groups, draw.tensor([channels]), draw.tensor([channels])];
      return draw.oneOf([args, [...args, 0.1]]);
    },
  },
  (x: AnyTensor, groups: number, scale: AnyTensor, bias: AnyTensor, eps = 1e-5): AnyTensor => {
    for (const operand of [x, scale, bias]) checkFloat("groupNorm", operand, x);
    const shape: Shape = x.shape;
    if (shape.length < 2)
      misfit(`groupNorm: ${show(shape)} has rank ${shape.length}, and must be [B, C, …]; reshape it`);
    const channels = shape[1] as number;
    if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) misfit(groupMisfit(channels, groups));
    for (const [name, { shape }] of Object.entries({ scale, bias })) {
      if (shape.length !== 1 || shape[0] !== channels)
        misfit(`groupNorm: ${name} is ${show(shape)}, and must be [${channels}], one for each channel`);
    }
    return body(x, groups, scale, bias, eps);
  },
);
