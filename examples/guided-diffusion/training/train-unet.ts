/** One step of training a UNet: a pure function, to be compiled whole, with its state donated. */

import { type Dyn, div, type In, type Tensor, vjp, zeros } from "typegrad";
import type { Key } from "typegrad/random";
import { lookUp } from "../diffusion/coefficients.ts";
import { type Losses, trainingLosses } from "../diffusion/losses.ts";
import type { Tables } from "../diffusion/schedule.ts";
import type { UNetConfig } from "../networks/config.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { unet } from "../networks/unet.ts";
import { inParts } from "./gradients.ts";
import { lossTypeOf, type Objective, parameterisationOf } from "./objective.ts";
import { type Norms, type TrainState, type UpdateOptions, update } from "./state.ts";

/** What a step is compiled for. */
export interface UNetTraining extends UpdateOptions {
  readonly config: UNetConfig;
  readonly objective: Objective;
  /** Steps of the process that is trained. */
  readonly steps: number;
  /** Parts that a batch is computed in; 1 by default. */
  readonly microbatches?: number;
}

/** A batch of B images in [−1, 1], with the step, its weight in the loss and the noise of each, and labels for a network with classes. */
export interface UNetExamples<B extends number> {
  readonly xStart: Tensor<[B, Dyn, Dyn, Dyn]>;
  readonly noise: Tensor<[B, Dyn, Dyn, Dyn]>;
  readonly step: Tensor<[B], "i32">;
  readonly importance: Tensor<[B]>;
  readonly y?: Tensor<[B], "i32">;
}

export interface TrainedUNet<B extends number> extends Norms {
  readonly state: TrainState<Parameters>;
  /** Of each example, before the step. */
  readonly losses: Losses<B>;
}

/** The losses of each image, noised to its step; in training, values are left out by the key `dropout`. */
export const unetLosses = <B extends number>(
  { config, objective, steps }: Pick<UNetTraining, "config" | "objective" | "steps">,
  params: Parameters,
  { xStart, noise, step, y }: Omit<UNetExamples<B>, "importance">,
  table: Tables<Tensor<[Dyn]>>,
  dropout?: Key,
): Losses<B> =>
  trainingLosses(
    (x, t) => unet(config, params, x, t, y, dropout),
    parameterisationOf(objective),
    lossTypeOf(objective),
    steps,
    xStart,
    lookUp(table, step),
    noise,
  );

/**
 * A step: the gradient of the mean of importance × loss, AdamW with the rate given, and the running averages. `table` holds
 * all steps in rising order (`coefficientTable`).
 */
export const trainUNet = <B extends number>(
  training: UNetTraining,
  state: TrainState<Parameters>,
  examples: UNetExamples<B>,
  table: Tables<Tensor<[Dyn]>>,
  rate: In<[], "f32">,
  dropout?: Key,
): TrainedUNet<B> => {
  const { microbatches = 1 } = training;
  const batch: B = examples.xStart.shape[0];
  const { gradients, measured } = inParts(examples, batch, microbatches, (part) => {
    const lossesOf = (params: Parameters): Losses<Dyn> => unetLosses(training, params, part, table, dropout);
    const [losses, pullback] = vjp(lossesOf)(state.params);
    const weights = div(part.importance, part.xStart.shape[0]);
    return { gradients: pullback(onlyLoss(losses, weights)), measured: losses };
  });
  return { ...update(state, gradients, rate, training), losses: measured };
};

/** The cotangent of the loss alone: its parts are measured, and not made small. */
const onlyLoss = <B extends number>(losses: Losses<B>, weights: Tensor<[B]>): Losses<B> =>
  Object.fromEntries(
    Object.entries(losses).map(([name, part]) => [name, name === "loss" ? weights : zeros(part.shape)]),
  ) as unknown as Losses<B>;
