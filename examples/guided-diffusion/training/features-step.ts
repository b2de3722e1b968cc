/** One step of training the network of digits whose features compare images: cross-entropy of clean images. */

import { full, type In, type Tensor, vjp } from "typegrad";
import type { Spec } from "typegrad/compiler";
import { crossEntropy } from "typegrad/nn";
import { key } from "typegrad/random";
import type { DeviceTensor } from "typegrad/runtime";
import { type DigitParams, digitNetwork, initDigits } from "../evaluation/digits.ts";
import { loadCompiled } from "../plans/load-compiled.ts";
import type { StepOptions } from "./compiled-steps.ts";
import { flattenState, unflattenState } from "./flat-state.ts";
import type { TrainingStep } from "./run.ts";
import { type Norms, type TrainState, type UpdateOptions, update } from "./state.ts";

type State = TrainState<DigitParams>;

/**
 * The gradient of the mean cross-entropy of a batch, and AdamW with the rate given; and the loss of each image before. Images
 * are in [−1, 1].
 */
export const featuresStep = <B extends number>(
  options: UpdateOptions,
  state: State,
  x: Tensor<[B, 1, 28, 28]>,
  y: Tensor<[B], "i32">,
  rate: In<[], "f32">,
): { readonly state: State; readonly loss: Tensor<[B]> } & Norms => {
  const [loss, pullback] = vjp(
    (params: DigitParams): Tensor<[B]> => crossEntropy(digitNetwork(params, x).logits, y, { reduction: "none" }),
  )(state.params);
  const batch: B = x.shape[0];
  return { ...update(state, pullback(full([batch], 1 / batch)), rate, options), loss };
};

/** The step, compiled for a device, as `runTraining` takes it. */
export const compileFeaturesStep = async (
  options: UpdateOptions,
  { batch, ...target }: Omit<StepOptions, "height" | "width" | "schedule">,
): Promise<TrainingStep> => {
  const params = Object.fromEntries(
    Object.entries(initDigits(key(0))).map(([name, { shape }]): [string, Spec] => [
      name,
      { shape: [...shape], dtype: "f32" },
    ]),
  );
  const state = {
    params,
    optimiser: { step: { shape: [], dtype: "i32" }, mean: params, square: params },
    averages: options.averageRates.map(() => params),
  } as const;
  const task = {
    source: new URL(import.meta.url),
    dims: { B: batch },
    donate: ["state"],
    statics: { options },
    specs: { state },
  };
  const loaded = await loadCompiled(featuresStep, task, target);
  const call = loaded as unknown as (...args: readonly unknown[]) => Promise<{
    readonly state: Parameters<typeof flattenState<DeviceTensor>>[0];
    readonly loss: DeviceTensor;
    readonly gradientNorm: DeviceTensor;
    readonly parameterNorm: DeviceTensor;
  }>;
  return async (state, { images, labels, rate }) => {
    const averages = options.averageRates.length;
    const { state: next, loss, ...norms } = await call(options, unflattenState(state, averages), images, labels, rate);
    return { state: flattenState(next), losses: { loss }, ...norms };
  };
};
