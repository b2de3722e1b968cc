/** The loop of training on a device: one compiled step after the other, its state donated and left there. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "typegrad";
import * as random from "typegrad/random";
import type { DeviceTensor } from "typegrad/runtime";
import { type Dataset, exampleOrder } from "../data/dataset.ts";
import {
  type LossHistory,
  lossSecondMomentWeights,
  recordLosses,
  sampleTimesteps,
  uniformWeights,
} from "../diffusion/schedule-sampler.ts";
import { type ByQuarter, quarterSums } from "./by-quarter.ts";
import { imagesOf, indicesOf, noiseKey, numbersOf, stepKey, uniforms } from "./draw.ts";
import { partOf } from "./flat-state.ts";
import { type RatePlan, rateAt } from "./rate.ts";
import { historyTensors, takeHistory } from "./saved-history.ts";
import { checkSameRun, readRun, saveRun } from "./saved-run.ts";

/** How steps of the process are drawn: alike, or by the losses that they had, which are then saved with the run. */
export const stepSamplers = ["uniform", "loss-second-moment"] as const;
export type StepSampler = (typeof stepSamplers)[number];

export interface RunOptions {
  /** Holds the file of the run, `training.safetensors`. */
  readonly folder: string;
  readonly dataset: Dataset;
  readonly batch: number;
  /** Steps to end after, all in all. */
  readonly steps: number;
  readonly seed: number;
  /** Steps of the diffusion process. */
  readonly timesteps: number;
  /** `"uniform"`, if nothing is said. */
  readonly stepSampler?: StepSampler | undefined;
  readonly rate: RatePlan;
  readonly saveInterval: number;
  readonly logInterval: number;
  /** What a saved run must have been started with, besides the options here. */
  readonly about: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onLog?: (log: StepLog) => void;
  /** Called with each state that is kept, before it is: what it writes for a step is there when a run goes on from that step. */
  readonly onSave?: (step: number, state: Readonly<Record<string, Host>>) => Promise<void>;
}

/** A step as it is told of: means over the steps since the last one. */
export interface StepLog {
  /** Steps taken so far. */
  readonly step: number;
  readonly rate: number;
  readonly gradientNorm: number;
  readonly parameterNorm: number;
  /** By name: `loss`, `mse`, `bound`. */
  readonly losses: Readonly<Record<string, ByQuarter>>;
}

type Tensors = Readonly<Record<string, DeviceTensor | Host>>;

/** What one step is given, and what it gives. */
export interface StepInput {
  readonly images: Host;
  readonly labels: Host;
  readonly step: Host;
  readonly importance: Host;
  readonly key: Host;
  readonly rate: number;
}
export interface StepOutput {
  readonly state: Tensors;
  readonly losses: Readonly<Record<string, DeviceTensor>>;
  readonly gradientNorm: DeviceTensor;
  readonly parameterNorm: DeviceTensor;
}

/** A compiled step on a flat state: tensors by name. What it is given of the state is spent. */
export type TrainingStep = (state: Tensors, input: StepInput) => Promise<StepOutput>;

const fileOf = (folder: string): string => join(folder, "training.safetensors");

const aboutOf = (options: RunOptions): Record<string, string> => {
  const { batch, seed, dataset, timesteps, rate, about, stepSampler = "uniform" } = options;
  return {
    ...about,
    ...(stepSampler !== "uniform" && { stepSampler }),
    batch: `${batch}`,
    seed: `${seed}`,
    dataset: dataset.name,
    images: `${dataset.count}`,
    timesteps: `${timesteps}`,
    rate: JSON.stringify(rate),
  };
};

/**
 * Trains from `start`, or from where the run in the folder stopped, and gives the state at the end. All that is random is
 * drawn by the number of the step, so a run that was cut off anywhere ends with the bytes of one that was not.
 * @throws RangeError where the folder has a run with other options; or where the loss is no number, which is not saved
 */
export const runTraining = async (
  step: TrainingStep,
  start: () => Promise<Tensors>,
  options: RunOptions,
): Promise<Readonly<Record<string, Host>>> => {
  const { folder, dataset, batch, steps, seed, timesteps, rate, saveInterval, logInterval, signal, onLog, onSave } =
    options;
  const file = fileOf(folder);
  const about = aboutOf(options);
  mkdirSync(folder, { recursive: true });
  const saved = existsSync(file) ? await readRun(file) : undefined;
  if (saved !== undefined) checkSameRun(file, saved.about, about);
  const { history: known, rest } = takeHistory(saved?.tensors ?? (await start()), timesteps);
  let state: Tensors = rest;
  let history: LossHistory | undefined = options.stepSampler === "loss-second-moment" ? known : undefined;
  let taken = saved?.step ?? 0;
  const order = exampleOrder(stepKey(seed, -1), dataset.count, batch);
  const shape = [batch, dataset.channels, dataset.height, dataset.width];
  const measure = measurements(timesteps);

  const save = async (): Promise<Readonly<Record<string, Host>>> => {
    const tensors = { ...(await readAll(state)), ...(history && historyTensors(history)) };
    await onSave?.(taken, tensors);
    await saveRun(file, { step: taken, about, tensors });
    return tensors;
  };

  while (taken < steps && !signal?.aborted) {
    const key = stepKey(seed, taken);
    const examples = await dataset.read(order(taken), random.foldIn(key, 3));
    const weights = history === undefined ? uniformWeights(timesteps) : lossSecondMomentWeights(history);
    const drawn = sampleTimesteps(weights, uniforms(key, batch));
    const now = rateAt(rate, taken);
    const output = await step(state, {
      images: imagesOf(examples.images, shape),
      labels: indicesOf(examples.labels),
      step: indicesOf(drawn.steps),
      importance: numbersOf(drawn.importance),
      key: noiseKey(key),
      rate: now,
    });
    state = output.state;
    taken++;
    // The next draw needs the losses of this one, so here the device is waited for.
    if (history !== undefined)
      history = recordLosses(
        history,
        drawn.steps,
        (await (output.losses.loss as DeviceTensor).read()).data as Float32Array,
      );
    measure.add(drawn.steps, output);
    // What is saved was measured before, so that no run goes on from what is no number.
    if (taken % logInterval === 0 || taken % saveInterval === 0 || taken === steps || signal?.aborted) {
      const log = await measure.take(taken, now);
      if (!Number.isFinite(log.losses.loss?.mean) || !Number.isFinite(log.gradientNorm))
        throw new RangeError(
          `the loss is no number any more by step ${taken}, ${await steepest(state)}; ${existsSync(file) ? `the run as it was before is in ${file}. Lower the rate of learning, in another folder` : "nothing was saved before. Lower the rate of learning"}`,
        );
      onLog?.(log);
    }
    if (taken % saveInterval === 0 && taken < steps) await save();
  }
  return save();
};

/** The tensor whose gradients, by Adam's mean of them, are no numbers, or else the largest. */
const steepest = async (state: Tensors): Promise<string> => {
  const means = await readAll(partOf(state, "mean"));
  const largest = Object.entries(means).map(([name, { data }]) => {
    const most = (data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return { name, most: Number.isNaN(most) ? Number.POSITIVE_INFINITY : most };
  });
  const [first] = largest.sort((a, b) => b.most - a.most);
  return first === undefined ? "in a network without parameters" : `and the gradient is largest in ${first.name}`;
};

const readAll = async (state: Tensors): Promise<Record<string, Host>> => {
  const tensors: Record<string, Host> = {};
  for (const [name, value] of Object.entries(state)) tensors[name] = "read" in value ? await value.read() : value;
  return tensors;
};

/** What steps gave since the last log; read when a log is due, so that a device need not be waited for at each step. */
const measurements = (timesteps: number) => {
  let waiting: { readonly steps: Int32Array; readonly output: StepOutput }[] = [];
  const first = async (x: DeviceTensor): Promise<number> => (await valuesOf(x))[0] as number;
  return {
    add: (steps: Int32Array, output: StepOutput): void => void waiting.push({ steps, output }),
    take: async (step: number, rate: number): Promise<StepLog> => {
      const names = Object.keys(waiting[0]?.output.losses ?? {});
      const sums = Object.fromEntries(names.map((name) => [name, quarterSums(timesteps)]));
      let [gradientNorm, parameterNorm] = [0, 0];
      for (const { steps, output } of waiting) {
        gradientNorm += (await first(output.gradientNorm)) / waiting.length;
        parameterNorm += (await first(output.parameterNorm)) / waiting.length;
        for (const [name, part] of Object.entries(output.losses)) {
          const values = await valuesOf(part);
          steps.forEach((t, i) => {
            sums[name]?.add(t, values[i] as number);
          });
        }
      }
      waiting = [];
      const losses = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum.means()]));
      return { step, rate, gradientNorm, parameterNorm, losses };
    },
  };
};

/** The values of a tensor, which is given back. */
const valuesOf = async (x: DeviceTensor): Promise<ArrayLike<number>> => {
  const { data } = await x.read();
  x.dispose();
  return data as Float32Array;
};
