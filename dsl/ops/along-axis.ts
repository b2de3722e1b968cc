/** What ops along one axis share, which is the last by default: their type, their checks, and the arguments that tests draw. */

import type { DType } from "../dtype.ts";
import type { Draw } from "../op.ts";
import { normalizeAxis, type Shape } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import type { AxesFit } from "./axes.ts";
import { reshapeTo } from "./broadcast.ts";

export type AlongAxis<Name extends string, Accepted extends DType> = <
  S extends Shape,
  D extends Accepted,
  const X extends number = -1,
>(
  x: In<S, D>,
  axis?: X & AxesFit<Name, S, X>,
) => Tensor<S, D>;

/** Applies `body` along an axis. A tensor of rank 0 is the one element of its last axis. */
export const alongAxis = (
  name: string,
  x: AnyTensor,
  axis: number | undefined,
  body: (x: AnyTensor, axis: number) => AnyTensor,
): AnyTensor =>
  axis === undefined && x.shape.length === 0
    ? reshapeTo(body(reshapeTo(x, [1]), 0), [])
    : body(x, normalizeAxis(name, x.shape as Shape, axis ?? -1));

/** A tensor, and in some calls an axis. */
export const drawAlongAxis =
  (limits: (draw: Draw) => Parameters<Draw["tensor"]>[1]) =>
  (draw: Draw): readonly unknown[] => {
    const shape = draw.shape();
    const x = draw.tensor(shape, limits(draw));
    return shape.length === 0 ? [x] : draw.oneOf([[x], [x, draw.integer(-shape.length, shape.length - 1)]]);
  };
