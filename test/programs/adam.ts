/** A training step with AdamW and a running average, whose state a caller donates. */

import { grad, linear, map, mean, type Tensor } from "typegrad";
import { type AdamState, adamW, clipByGlobalNorm, cosineRate, ema, warmUp } from "typegrad/optim";

export interface Params {
  readonly weight: Tensor<[3, 4]>;
  readonly bias: Tensor<[3]>;
}

export interface Training {
  readonly params: Params;
  readonly state: AdamState<Params>;
  readonly average: Params;
}

const loss = ({ weight, bias }: Params, x: Tensor<[6, 4]>, y: Tensor<[6, 3]>): Tensor<[]> =>
  mean(map(linear(x, weight, bias), y, (z, y) => (Math.tanh(z) - y) ** 2));

export const step = ({ params, state, average }: Training, x: Tensor<[6, 4]>, y: Tensor<[6, 3]>): Training => {
  const gradients = clipByGlobalNorm(grad(loss)(params, x, y), 0.5);
  const rate = warmUp(2, cosineRate(0.02, 0, 20))(state.step);
  const next = adamW(params, gradients, state, { rate, weightDecay: 0.05 });
  return { ...next, average: ema(average, next.params, 0.9) };
};
