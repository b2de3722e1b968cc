/** What the types of `typegrad/optim` say. */

import { grad, type Tensor } from "../../dsl/index.ts";
import * as optim from "../../dsl/optim/index.ts";

interface Params {
  readonly weight: Tensor<[3, 4]>;
  readonly bias: Tensor<[3]>;
}
declare const params: Params;
declare const loss: (params: Params, x: Tensor<[8, 4]>) => Tensor<[]>;
declare const x: Tensor<[8, 4]>;
declare const rate: Tensor<[]>;

export const state: optim.AdamState<Params> = optim.initAdam(params);
export const next: optim.Stepped<Params, optim.AdamState<Params>> = optim.adamW(params, grad(loss)(params, x), state, {
  rate,
});
export const weight: Tensor<[3, 4]> = next.state.mean.weight;
export const average: Params = optim.ema(params, next.params, 0.99);
export const clipped: Params = optim.clipByGlobalNorm(params, rate);
export const scheduled: Tensor<[]> = optim.warmUp(10, optim.cosineRate(1, 0, 100))(state.step);

/** A step of any network. */
export const train = <P, X>(params: P, state: optim.SgdState<P>, x: X, loss: (params: P, x: X) => Tensor<[]>): P =>
  optim.sgd(params, grad(loss)(params, x), state, { rate: 0.1, momentum: 0.9 }).params;

declare const other: { readonly weight: Tensor<[4, 3]>; readonly bias: Tensor<[3]> };
// @ts-expect-error gradients of other shapes
export const shapes = optim.adamW(params, other, state, { rate });
// @ts-expect-error the state of another optimiser
export const states = optim.sgd(params, params, state, { rate });
// @ts-expect-error a rate for each row
export const rates = optim.ema(params, params, x);
// @ts-expect-error no rate
export const none = optim.adam(params, params, state, {});
