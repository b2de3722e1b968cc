/** Batches of samples: steps that the host drives, with the images on the device between them. */

import type { DeviceTensor } from "typegrad/runtime";
import type { Schedule } from "../diffusion/schedule.ts";
import type { Checkpoint } from "../files/checkpoint.ts";
import { type Draw, drawOf, labelsOf, startNoise, stepKeys } from "./draws.ts";
import type { Engine, Ready } from "./engine.ts";
import { type Sampling, sampleStep } from "./programs.ts";
import { rowAt } from "./row-at.ts";

export interface SampleTask {
  readonly sampling: Sampling;
  readonly schedule: Schedule;
  readonly model: Checkpoint;
  readonly classifier?: Checkpoint | undefined;
  /** [channels, height, width] */
  readonly image: readonly [number, number, number];
  /** Height and width of the small images, for super-resolution. */
  readonly small?: readonly [number, number] | undefined;
  readonly batch: number;
  readonly scale: number;
  readonly eta: number;
  readonly seed: number;
  readonly onLoad?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

/** What a batch of samples is made of, beside noise. */
export interface BatchInput {
  /** The index of its first sample. */
  readonly first: number;
  readonly labels?: readonly number[] | undefined;
  /** In [−1, 1], [batch, channels, h, w]. */
  readonly lowRes?: Float32Array | undefined;
  /** In place of the task's: the scale is an argument of the compiled step. */
  readonly scale?: number | undefined;
}

/** Told after each step; `read` gives the images as they are then, which the next step waits for. */
export type OnStep = (done: number, total: number, read: () => Promise<Float32Array>) => void | Promise<void>;

/** Samples of a batch in [−1, 1], [batch, channels, height, width]. */
export type SampleBatch = (input: BatchInput, onStep?: OnStep) => Promise<Float32Array>;

const source = new URL("./programs.ts", import.meta.url);
const parameters = ["sampling", "params", "guide", "x", "condition", "c", "keys", "step", "strength"] as const;

const scalar = { dtype: "f32", shape: [] } as const;

/** Compiles the step, and reads the weights. */
export const openSampler = async (engine: Engine, task: SampleTask): Promise<SampleBatch> => {
  const { sampling, schedule, model, classifier, image, small, batch, eta, signal } = task;
  const isTold = sampling.config.classes !== undefined || sampling.guide !== undefined;
  const x = { dtype: "f32", shape: [batch, ...image] } as const;
  const c = rowAt(schedule, 0);
  const step = await engine.prepare(sampleStep, {
    source,
    parameters,
    statics: { sampling, ...(classifier === undefined && { guide: undefined }) },
    weights: { params: model, ...(classifier && { guide: classifier }) },
    specs: {
      x,
      condition: {
        ...(isTold && { y: { dtype: "i32", shape: [batch] } as const }),
        ...(small && { lowRes: { dtype: "f32", shape: [batch, image[0], ...small] } as const }),
      },
      c: Object.fromEntries(Object.keys(c).map((name) => [name, scalar])),
      keys: { dtype: "u32", shape: [batch, 2] },
      step: { dtype: "i32", shape: [] },
      strength: { scale: scalar, eta: scalar },
    },
    donate: "x",
    ...(task.onLoad && { onProgress: task.onLoad }),
    ...(signal && { signal }),
  });
  return async ({ first, labels, lowRes, scale = task.scale }, onStep) => {
    const draws: Draw[] = Array.from({ length: batch }, (_, i) => drawOf(task.seed, first + i));
    const condition = {
      ...(isTold && { y: labelsOf(labels as readonly number[]) }),
      ...(small && { lowRes: { dtype: "f32", shape: [batch, image[0], ...small], data: lowRes } }),
    };
    const kept = (await engine.put({ condition, keys: stepKeys(draws) })) as object;
    const args = { x: startNoise(draws, image), ...kept, strength: { scale, eta } };
    return runSteps(step, schedule, args, onStep, signal);
  };
};

/**
 * All steps from the last to step 0.
 * @throws RangeError where the images are no numbers, which bytes would show as black
 */
const runSteps = async (
  step: Ready,
  schedule: Schedule,
  args: { readonly x: unknown; readonly [name: string]: unknown },
  onStep?: OnStep,
  signal?: AbortSignal,
): Promise<Float32Array> => {
  let x = args.x;
  const read = async (): Promise<Float32Array> => (await (x as DeviceTensor).read()).data as Float32Array;
  for (let t = schedule.steps - 1; t >= 0; t--) {
    signal?.throwIfAborted();
    x = await step({ ...args, x, c: rowAt(schedule, t), step: t });
    await onStep?.(schedule.steps - t, schedule.steps, read);
  }
  const data = await read();
  (x as DeviceTensor).dispose();
  if (!data.every(Number.isFinite))
    throw new RangeError(
      "the network gave what is no number; do the flags of attention, schedule and learn_sigma fit the weights?",
    );
  return data;
};
