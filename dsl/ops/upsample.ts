/** `upsample`: nearest neighbours. */

import type { Times } from "../dim.ts";
import type { DType } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { checkPositive, misfit, type PositiveFit, show } from "../shape.ts";
import { type AnyTensor, type In, isTensor, type Tensor } from "../tensor.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";
import { composite } from "./composite.ts";

/** Spatial dims times a factor. */
type Scaled<R extends readonly unknown[], F> = { -readonly [K in keyof R]: Times<R[K], F> };

type Upsample = <
  B extends number,
  C extends number,
  R extends readonly [number, ...number[]],
  D extends DType,
  const F extends number,
>(
  x: In<readonly [B, C, ...R], D>,
  factor: F & PositiveFit<"upsample", "the factor", F>,
) => Tensor<[B, C, ...Scaled<R, F>], D>;

const body = composite("upsample", (x: AnyTensor, factor: number): AnyTensor => {
  const [batch = 1, channels = 1, ...rest] = x.shape as number[];
  const apart = [batch, channels, ...rest.flatMap((dim) => [dim, 1])];
  const repeated = [batch, channels, ...rest.flatMap((dim) => [dim, factor])];
  return reshapeTo(expandTo(reshapeTo(x, apart), repeated), [batch, channels, ...rest.map((dim) => dim * factor)]);
});

/**
 * Each element `factor` times along every axis after the channels: out[b, c, i, j] = x[b, c, ⌊i / f⌋, ⌊j / f⌋].
 *
 * Shapes: [B, C, ...R] → [B, C, ...R · factor].
 * @throws ShapeError
 */
export const upsample: Op<Upsample> = op(
  {
    name: "upsample",
    kind: "composite",
    law: "[B, C, ...R], factor → [B, C, ...R · factor]",
    formula: "x[b, c, ⌊i / factor⌋, …]",
    gradient: "the sum of ct over the copies",
    example: "upsample(tensor([[[1, 2]]]), 2)",
    draw: (draw) => [draw.tensor(draw.shape({ minRank: 3, maxRank: 4 })), draw.integer(1, 3)],
  },
  (x: AnyTensor, factor: number): AnyTensor => {
    if (!isTensor(x)) throw new TypeError(`upsample: the operand is ${typeof x}, and must be a tensor`);
    checkPositive("upsample", "the factor", factor);
    if (x.shape.length < 3)
      misfit(
        `upsample: ${show(x.shape)} has rank ${x.shape.length}, and must be [B, C, …] with a spatial axis; reshape it`,
      );
    return body(x, factor);
  },
);
