/** `softmax` and `logSoftmax` along an axis. */

import type { Float } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import { normalizeAxis, type Shape } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import type { AxesFit } from "./axes.ts";
import { reshapeTo } from "./broadcast.ts";
import { composite } from "./composite.ts";
import { checkFloat } from "./elementwise.ts";
import { div, exp, log, sub } from "./named.ts";
import { max, sum } from "./reduce.ts";
import { stopGradient } from "./stop-gradient.ts";

type AlongAxis<Name extends string> = <S extends Shape, D extends Float, const X extends number = -1>(
  x: In<S, D>,
  axis?: X & AxesFit<Name, S, X>,
) => Tensor<S, D>;

const keepDims = { keepDims: true } as const;

/** x less its maximum: equal softmax, and no overflow. The maximum is a constant here, since it cancels. */
const shifted = (x: AnyTensor, axis: number): AnyTensor => sub(x, stopGradient(max(x, axis, keepDims)));

const softmaxBody = composite("softmax", (x: AnyTensor, axis: number): AnyTensor => {
  const powers = exp(shifted(x, axis));
  return div(powers, sum(powers, axis, keepDims));
});

const logSoftmaxBody = composite("logSoftmax", (x: AnyTensor, axis: number): AnyTensor => {
  const centred = shifted(x, axis);
  return sub(centred, log(sum(exp(centred), axis, keepDims)));
});

const alongAxis =
  (name: string, body: (x: AnyTensor, axis: number) => AnyTensor) =>
  (x: AnyTensor, axis?: number): AnyTensor => {
    checkFloat(name, x);
    // A tensor of rank 0 is the one element of its last axis.
    if (axis === undefined && x.shape.length === 0) return reshapeTo(body(reshapeTo(x, [1]), 0), []);
    return body(x, normalizeAxis(name, x.shape, axis ?? -1));
  };

const drawAlongAxis = (draw: Draw): readonly unknown[] => {
  const shape = draw.shape();
  const x = draw.tensor(shape, { domain: [-3, 3], distinct: true });
  return shape.length === 0 ? [x] : draw.oneOf([[x], [x, draw.integer(-shape.length, shape.length - 1)]]);
};

/** exp x / Σ exp x along an axis, the last by default. */
export const softmax: Op<AlongAxis<"softmax">> = op(
  {
    name: "softmax",
    kind: "composite",
    law: "S, axis → S",
    formula: "exp x / Σ exp x",
    gradient: "y · (ct − Σ ct · y)",
    draw: drawAlongAxis,
  },
  alongAxis("softmax", softmaxBody),
);

/** x − log Σ exp x along an axis, the last by default. */
export const logSoftmax: Op<AlongAxis<"logSoftmax">> = op(
  {
    name: "logSoftmax",
    kind: "composite",
    law: "S, axis → S",
    formula: "x − log Σ exp x",
    gradient: "ct − exp y · Σ ct",
    draw: drawAlongAxis,
  },
  alongAxis("logSoftmax", logSoftmaxBody),
);
