/** Terms of the variational bound of given images: steps that the host drives. */

import { type Host, tensor, toHost } from "typegrad";
import type { DeviceTensor } from "typegrad/runtime";
import { coefficientsAt } from "../diffusion/coefficients.ts";
import { priorTerm } from "../diffusion/likelihood.ts";
import type { Schedule } from "../diffusion/schedule.ts";
import type { Checkpoint } from "../files/checkpoint.ts";
import { drawOf, labelsOf, stepKeys } from "./draws.ts";
import type { Engine } from "./engine.ts";
import { type Denoiser, likelihoodStep } from "./programs.ts";
import { rowAt } from "./row-at.ts";

const names = ["bound", "xStartMse", "mse"] as const;
export type TermName = (typeof names)[number];

/** Bits a dimension, and squared errors, of each image of a batch at each step, the last step first. */
export type Terms = Readonly<Record<TermName, readonly Float32Array[]>>;

export interface Measured extends Terms {
  /** What the last step leaves beside pure noise, in bits a dimension. */
  readonly prior: Float32Array;
}

export interface LikelihoodTask {
  readonly denoiser: Denoiser;
  readonly schedule: Schedule;
  readonly model: Checkpoint;
  /** [channels, height, width] */
  readonly image: readonly [number, number, number];
  readonly batch: number;
  readonly seed: number;
  readonly onLoad?: (done: number, total: number, what: string) => void;
  readonly signal?: AbortSignal;
}

interface BatchOfImages {
  /** The index of its first image. */
  readonly first: number;
  /** In [−1, 1], [batch, channels, height, width]. */
  readonly x: Float32Array;
  readonly labels?: readonly number[] | undefined;
}

export type MeasureBatch = (images: BatchOfImages, onStep?: (done: number, total: number) => void) => Promise<Measured>;

const source = new URL("./programs.ts", import.meta.url);
const parameters = ["denoiser", "params", "xStart", "condition", "c", "keys", "step"] as const;
const scalar = { dtype: "f32", shape: [] } as const;

/** Compiles the step, and reads the weights. */
export const openLikelihood = async (engine: Engine, task: LikelihoodTask): Promise<MeasureBatch> => {
  const { denoiser, schedule, model, image, batch, seed, signal } = task;
  const isTold = denoiser.config.classes !== undefined;
  const shape = [batch, ...image];
  const step = await engine.prepare(likelihoodStep, {
    source,
    parameters,
    statics: { denoiser },
    weights: { params: model },
    specs: {
      xStart: { dtype: "f32", shape },
      condition: isTold ? { y: { dtype: "i32", shape: [batch] } } : {},
      c: Object.fromEntries(Object.keys(rowAt(schedule, 0)).map((name) => [name, scalar])),
      keys: { dtype: "u32", shape: [batch, 2] },
      step: { dtype: "i32", shape: [] },
    },
    ...(task.onLoad && { onProgress: task.onLoad }),
    ...(signal && { signal }),
  });
  return async ({ first, x, labels }, onStep) => {
    const draws = Array.from({ length: batch }, (_, i) => drawOf(seed, first + i));
    const host: Host<number[], "f32"> = { dtype: "f32", shape, data: x };
    const args = (await engine.put({
      xStart: host,
      condition: isTold ? { y: labelsOf(labels as readonly number[]) } : {},
      keys: stepKeys(draws),
    })) as object;
    const found: Record<TermName, Float32Array[]> = { bound: [], xStartMse: [], mse: [] };
    for (let t = schedule.steps - 1; t >= 0; t--) {
      signal?.throwIfAborted();
      const terms = (await step({ ...args, c: rowAt(schedule, t), step: t })) as Record<TermName, DeviceTensor>;
      for (const name of names) {
        found[name].push((await terms[name].read()).data as Float32Array);
        terms[name].dispose();
      }
      onStep?.(schedule.steps - t, schedule.steps);
    }
    const prior = priorTerm<number, number, number, number>(
      tensor(host as Host<[number, number, number, number], "f32">),
      coefficientsAt(schedule, schedule.steps - 1),
    );
    return { ...found, prior: toHost(prior).data as Float32Array };
  };
};
