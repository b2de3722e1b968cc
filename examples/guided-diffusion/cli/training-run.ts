/** A run of training as both commands of it have it: a folder with the run, its weights at each save, and its logs. */

import { mkdirSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "typegrad";
import type { Dataset } from "../data/dataset.ts";
import { folderDataset } from "../data/folder.ts";
import { datasets, type Part } from "../data/packages.ts";
import { writeFile } from "../files/file.ts";
import { ptChunks } from "../files/pt-writer.ts";
import { tensorFileOf } from "../files/tensor-file.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import type { Target } from "../plans/load-compiled.ts";
import type { ByQuarter } from "../training/by-quarter.ts";
import type { StepOptions } from "../training/compiled-steps.ts";
import { openCsvLog } from "../training/csv-log.ts";
import { partOf } from "../training/flat-state.ts";
import { withFolderLock } from "../training/folder-lock.ts";
import { heldOut, type Measure } from "../training/held-out.ts";
import type { RatePlan } from "../training/rate.ts";
import { runTraining, type StepSampler, type TrainingStep } from "../training/run.ts";
import { type DeviceFlags, targetOf } from "./engine-of-flags.ts";
import { Interrupted, UsageError } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { openProgress } from "./progress.ts";
import { type Given, scheduleOfFlags } from "./sampling-flags.ts";

export interface TrainFlags extends Given, DeviceFlags {
  readonly data_dir: string;
  readonly out: string;
  readonly steps: number;
  readonly batch_size: number;
  readonly microbatch: number;
  readonly lr: number;
  readonly weight_decay: number;
  readonly ema_rate: string;
  readonly warmup: number;
  readonly decay_from?: number;
  readonly anneal_lr: boolean;
  readonly log_interval: number;
  readonly save_interval: number;
  readonly held_out: number;
  readonly held_out_dir?: string;
  readonly random_crop: boolean;
  readonly random_flip: boolean;
  readonly broken_images: "refuse" | "skip";
  readonly seed: number;
  /** Not said of classifiers. */
  readonly schedule_sampler?: StepSampler;
  readonly use_kl?: boolean;
  readonly rescale_learned_sigmas?: boolean;
}

type Tensors = Readonly<Record<string, Host>>;

/** What the two commands do in their own ways. */
interface Task {
  readonly config: UNetConfig | ClassifierConfig;
  readonly imageSize: number;
  /** Rates of the running averages, as they were written. */
  readonly averages: readonly string[];
  /** What is made small, for a saved run to be compared with. */
  readonly objective: string;
  readonly compile: (
    options: StepOptions,
    microbatches: number,
  ) => Promise<{ readonly step: TrainingStep; readonly measure: () => Promise<Measure> }>;
  readonly init: () => Tensors;
}

/** Images to train on, or to measure with: a set that is known by name, or a folder. */
const datasetOf = async (
  name: string,
  part: Part,
  flags: TrainFlags,
  { config, imageSize }: Task,
): Promise<Dataset> => {
  const open = datasets[name];
  if (open !== undefined) return open(part);
  if (!(await isFolder(name)))
    throw new UsageError(
      `${name}: there is no such data set, and no folder of images; the sets are ${Object.keys(datasets).join(", ")}`,
    );
  const channels = config.inChannels;
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`images of ${channels} channels cannot be read from files`);
  const varies = part === "train";
  return folderDataset(name, {
    size: imageSize,
    channels,
    randomCrop: varies && flags.random_crop,
    randomFlip: varies && flags.random_flip,
    ...(flags.broken_images === "skip" && {
      onBroken: ({ message }) => void process.stderr.write(`skipped: ${message}\n`),
    }),
  });
};

const isFolder = (name: string): Promise<boolean> =>
  stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** What weights are measured with when they are saved, where `--held_out` asks for it. */
const heldOutOf = async (flags: TrainFlags, task: Task, options: StepOptions, measure: () => Promise<Measure>) => {
  const count = flags.held_out;
  if (count === 0) return undefined;
  const name = flags.held_out_dir ?? flags.data_dir;
  if (flags.held_out_dir === undefined && datasets[name] === undefined)
    throw new UsageError(`--held_out ${count}: say which images by --held_out_dir; those of ${name} are trained on`);
  const dataset = await datasetOf(name, "test", flags, task);
  return heldOut(await measure(), { dataset, count, batch: options.batch, timesteps: options.schedule.steps });
};

/** Equal parts of a batch, of the size that `--microbatch` says. */
const microbatchesOf = ({ batch_size, microbatch }: TrainFlags): number => {
  if (microbatch <= 0 || microbatch >= batch_size) return 1;
  if (batch_size % microbatch !== 0)
    throw new UsageError(`--microbatch ${microbatch}: it must divide --batch_size, which is ${batch_size}`);
  return batch_size / microbatch;
};

const ratePlanOf = ({ lr, warmup, decay_from, anneal_lr, steps }: TrainFlags): RatePlan => ({
  lr,
  warmup,
  ...((anneal_lr || decay_from !== undefined) && { decayFrom: decay_from ?? 0, annealSteps: steps }),
});

type Means = Readonly<Record<string, ByQuarter>>;

/** `loss 0.0548 (0.131 0.048 0.031 0.014)`: the mean, and those of the quarters of t. */
const meansText = (means: Means): string =>
  Object.entries(means)
    .map(([name, { mean, quarters }]) => {
      const parts = quarters.map((quarter) => (Number.isNaN(quarter) ? "–" : quarter.toPrecision(3)));
      return `${name} ${mean.toPrecision(4)} (${parts.join(" ")})`;
    })
    .join(", ");

/** The same as columns, with the original's names: `mse`, and `mse_q0` to `mse_q3`. */
const meansColumns = (means: Means): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(means).flatMap(([name, { mean, quarters }]) => [
      [name, mean],
      ...quarters.map((quarter, i) => [`${name}_q${i}`, quarter] as const),
    ]),
  );

/** The weights that a state has, by the original's names: those trained, and each average of them. */
const weightsOf = (state: Tensors, averages: readonly string[]): readonly (readonly [string, Tensors])[] => [
  ["model", partOf(state, "params")],
  ...averages.map((rate, i) => [`ema_${rate}_`, partOf(state, `average${i}`)] as const),
];

const weightsFile = (folder: string, name: string, step: number): string =>
  join(folder, `${name}${`${step}`.padStart(6, "0")}.pt`);

/** Trains, or goes on with the run in the folder. */
export const train = (flags: TrainFlags, task: Task): Promise<void> => {
  mkdirSync(flags.out, { recursive: true });
  return withFolderLock(flags.out, () => interruptible((signal) => runIn(flags, task, signal)));
};

const runIn = async (flags: TrainFlags, task: Task, signal: AbortSignal): Promise<void> => {
  const target = await targetOf(flags);
  try {
    await runOn(target, flags, task, signal);
  } finally {
    target.device.close();
  }
};

const runOn = async (target: Target, flags: TrainFlags, task: Task, signal: AbortSignal): Promise<void> => {
  const dataset = await datasetOf(flags.data_dir, "train", flags, task);
  const schedule = scheduleOfFlags(flags);
  const microbatches = microbatchesOf(flags);
  const { channels, height, width } = dataset;
  if (task.config.inChannels !== channels)
    throw new UsageError(
      `${dataset.name} has images of ${channels} channels, and the network takes ${task.config.inChannels}; set --image_channels ${channels}`,
    );
  const batch = flags.batch_size;
  process.stderr.write(`${batch} images a step on ${target.device.description}; compiling\n`);
  const options = { ...target, batch, height, width, schedule };
  const { step, measure } = await task.compile(options, microbatches);
  const measureHeldOut = await heldOutOf(flags, task, options, measure);

  const losses = openCsvLog(join(flags.out, "losses.csv"));
  const heldOutLosses = openCsvLog(join(flags.out, "held-out.csv"));
  const progress = openProgress();
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  const written: string[] = [];

  const onSave = async (taken: number, state: Tensors): Promise<void> => {
    for (const [name, weights] of weightsOf(state, task.averages)) {
      const file = weightsFile(flags.out, name, taken);
      await writeFile(file, ptChunks(tensorFileOf(weights)));
      if (taken === flags.steps) written.push(file);
      if (measureHeldOut === undefined) continue;
      const means = await measureHeldOut(weights);
      process.stderr.write(`held out, ${name.replace(/_$/, "")} at step ${taken}: ${meansText(means)}\n`);
      heldOutLosses.add({ step: taken, weights: name.replace(/_$/, ""), ...meansColumns(means) });
    }
  };

  await runTraining(step, async () => task.init(), {
    folder: flags.out,
    dataset,
    batch,
    steps: flags.steps,
    seed: flags.seed,
    timesteps: schedule.steps,
    stepSampler: flags.schedule_sampler,
    rate: ratePlanOf(flags),
    saveInterval: flags.save_interval,
    logInterval: flags.log_interval,
    about: {
      config: JSON.stringify(task.config),
      averages: task.averages.join(","),
      weightDecay: `${flags.weight_decay}`,
      microbatches: `${microbatches}`,
      objective: task.objective,
      ...(datasets[flags.data_dir] === undefined && { varied: `crop ${flags.random_crop}, flip ${flags.random_flip}` }),
      schedule: `ᾱ from ${schedule.alphaBar[0]} to ${schedule.alphaBar.at(-1)}`,
    },
    signal,
    onLog: ({ step, rate, gradientNorm, parameterNorm, losses: means }) => {
      progress.step(step, flags.steps, "step");
      process.stderr.write(`step ${step}: ${meansText(means)}, gradient ${gradientNorm.toPrecision(3)}\n`);
      losses.add({ step, seconds: seconds(), rate, ...meansColumns(means), gradientNorm, parameterNorm });
    },
    onSave,
  });
  progress.end();
  if (signal.aborted)
    throw new Interrupted(`interrupted; the same command goes on from ${join(flags.out, "training.safetensors")}`);
  for (const file of written) console.log(file);
};
