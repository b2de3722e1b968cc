/** What training carries from step to step, and what one step does to it. */

import type { In, Tensor } from "typegrad";
import { type AdamState, adamW, ema, globalNorm, initAdam } from "typegrad/optim";

/** Parameters, what AdamW remembers of them, and their running averages, one for each rate. */
export interface TrainState<P> {
  readonly params: P;
  readonly optimiser: AdamState<P>;
  readonly averages: readonly P[];
}

export interface UpdateOptions {
  /** Taken from each parameter at each step, times the rate: 0 by default, on all parameters, as in the original. */
  readonly weightDecay?: number;
  /** What each running average keeps at each step: [0.9999] in the original's defaults. */
  readonly averageRates: readonly number[];
}

/** Before the first step: no moments, and averages that start as the parameters themselves. */
export const initTraining = <P>(params: P, averages: number): TrainState<P> => ({
  params,
  optimiser: initAdam(params),
  averages: Array.from({ length: averages }, () => params),
});

/** What a step tells of itself, measured before it. */
export interface Norms {
  /** ‖∇‖₂ over all parameters. */
  readonly gradientNorm: Tensor<[]>;
  /** ‖θ‖₂ over all parameters. */
  readonly parameterNorm: Tensor<[]>;
}

/** One step of AdamW with the rate given, and of each average: a ← r a + (1 − r) θ. */
export const update = <P>(
  { params, optimiser, averages }: TrainState<P>,
  gradients: NoInfer<P>,
  rate: In<[], "f32">,
  { weightDecay = 0, averageRates }: UpdateOptions,
): { readonly state: TrainState<P> } & Norms => {
  const next = adamW(params, gradients, optimiser, { rate, weightDecay });
  return {
    state: {
      params: next.params,
      optimiser: next.state,
      averages: averages.map((average, i) => ema(average, next.params, averageRates[i] as number)),
    },
    gradientNorm: globalNorm(gradients),
    parameterNorm: globalNorm(params),
  };
};
