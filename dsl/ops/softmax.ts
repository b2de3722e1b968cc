/** `softmax` and `logSoftmax` along an axis. */

import type { Float } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import type { AnyTensor } from "../tensor.ts";
import { type AlongAxis, alongAxis, drawAlongAxis } from "./along-axis.ts";
import { composite } from "./composite.ts";
import { checkFloat } from "./elementwise.ts";
import { div, exp, log, sub } from "./named.ts";
import { max, sum } from "./reduce.ts";
import { stopGradient } from "./stop-gradient.ts";

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

const ofFloats =
  (name: string, body: (x: AnyTensor, axis: number) => AnyTensor) =>
  (x: AnyTensor, axis?: number): AnyTensor => {
    checkFloat(name, x);
    return alongAxis(name, x, axis, body);
  };

const draw = drawAlongAxis(() => ({ domain: [-3, 3], distinct: true }));

/** exp x / Σ exp x along an axis, the last by default. */
export const softmax: Op<AlongAxis<"softmax", Float>> = op(
  {
    name: "softmax",
    kind: "composite",
    law: "S, axis → S",
    formula: "exp x / Σ exp x",
    gradient: "y · (ct − Σ ct · y)",
    example: "softmax(tensor([0, 1, 2]), 0)",
    draw,
  },
  ofFloats("softmax", softmaxBody),
);

/** x − log Σ exp x along an axis, the last by default. */
export const logSoftmax: Op<AlongAxis<"logSoftmax", Float>> = op(
  {
    name: "logSoftmax",
    kind: "composite",
    law: "S, axis → S",
    formula: "x − log Σ exp x",
    gradient: "ct − exp y · Σ ct",
    example: "logSoftmax(tensor([0, 1, 2]), 0)",
    draw,
  },
  ofFloats("logSoftmax", logSoftmaxBody),
);
