/** A run of training as both commands of it have it: a folder with the run, its weights at each save, and its logs. */

import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Host } from "typegrad";
import { writeFile } from "../files/file.ts";
import { ptChunks } from "../files/pt-writer.ts";
import { tensorFileOf } from "../files/tensor-file.ts";
import { lossPlot } from "../plots/loss-plot.ts";
import type { rasterise } from "../plots/rasterise.ts";
import { apart } from "../processes/apart.ts";
import type { ByQuarter } from "../training/by-quarter.ts";
import type { StepOptions } from "../training/compiled-steps.ts";
import { openCsvLog, readCsvLog } from "../training/csv-log.ts";
import { partOf } from "../training/flat-state.ts";
import { withFolderLock } from "../training/folder-lock.ts";
import { heldOut, type Measure } from "../training/held-out.ts";
import type { RatePlan } from "../training/rate.ts";
import { runTraining, type StepSampler, type TrainingStep } from "../training/run.ts";
import { type DeviceFlags, targetOf } from "./engine-of-flags.ts";
import { Interrupted, systemFaultOf, UsageError } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { openProgress, type Progress } from "./progress.ts";
import { type Given, scheduleOfFlags } from "./sampling-flags.ts";
import { type DataFlags, isFolderOf, type TrainedNetwork, type TrainingData, trainingData } from "./training-data.ts";

export interface TrainFlags extends Given, DeviceFlags, DataFlags {
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
  readonly seed: number;
  /** Not said of classifiers. */
  readonly schedule_sampler?: StepSampler;
  readonly use_kl?: boolean;
  readonly rescale_learned_sigmas?: boolean;
}

type Tensors = Readonly<Record<string, Host>>;

/** What the two commands do in their own ways. */
interface Task extends TrainedNetwork {
  /** The flags of the network and its process, as `--config` takes them. */
  readonly flags: Given;
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

const jsonOf = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

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

const rasterising = new URL("../plots/rasterise.ts", import.meta.url);

/** The picture of the logs so far: of the squared error where there is one, which the loss hides behind the bound. */
const drawLosses = async (
  file: string,
  logs: { readonly losses: string; readonly heldOut: string },
  title: string,
): Promise<void> => {
  const [losses, heldOut] = [readCsvLog(logs.losses), readCsvLog(logs.heldOut)];
  if (losses.length === 0) return;
  const column = losses[0]?.mse === undefined ? "loss" : "mse";
  const plot = lossPlot({ title, column, losses, heldOut });
  // What draws takes more memory than it gives back, and a run goes on for long.
  await writeFile(file, [await apart<typeof rasterise>(rasterising, "rasterise", [plot])]);
};

/** What is said of a disk that takes no more, with what is left of the run. */
const withWhatIsKept = async (folder: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    const text = error instanceof Error ? systemFaultOf(error) : undefined;
    if (text === undefined) throw error;
    const saved = join(folder, "training.safetensors");
    throw new UsageError(
      `${text}; ${existsSync(saved) ? `when that is mended, the same command goes on from ${saved}` : "nothing of the run is saved"}`,
    );
  }
};

/** Trains, or goes on with the run in the folder. What can be refused is refused before anything is made. */
export const train = (flags: TrainFlags, task: Task): Promise<void> =>
  interruptible(async (signal) => {
    const progress = openProgress();
    const data = await trainingData(flags, task, progress.say);
    const [schedule, microbatches] = [scheduleOfFlags(flags), microbatchesOf(flags)];
    mkdirSync(flags.out, { recursive: true });
    await withFolderLock(flags.out, async () => {
      const target = await targetOf(flags, signal);
      try {
        progress.say(`${flags.batch_size} images a step on ${target.device.description}; compiling`);
        const { height, width } = data.train;
        const options = { ...target, batch: flags.batch_size, height, width, schedule };
        const run = () => runIn(flags, task, data, options, microbatches, progress, signal);
        await withWhatIsKept(flags.out, run);
      } finally {
        progress.end();
        target.device.close();
      }
    });
  });

const runIn = async (
  flags: TrainFlags,
  task: Task,
  { train: dataset, heldOut: heldOutImages }: TrainingData,
  options: StepOptions,
  microbatches: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> => {
  const { batch, schedule } = options;
  const { step, measure } = await task.compile(options, microbatches);
  const measureHeldOut =
    heldOutImages &&
    heldOut(await measure(), { dataset: heldOutImages, count: flags.held_out, batch, timesteps: schedule.steps });

  const logs = { losses: join(flags.out, "losses.csv"), heldOut: join(flags.out, "held-out.csv") };
  const losses = openCsvLog(logs.losses);
  const heldOutLosses = openCsvLog(logs.heldOut);
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  const written: string[] = [];

  const onSave = async (taken: number, state: Tensors): Promise<void> => {
    await writeFile(join(flags.out, "config.json"), [jsonOf(task.flags)]);
    for (const [name, weights] of weightsOf(state, task.averages)) {
      const file = weightsFile(flags.out, name, taken);
      await writeFile(file, ptChunks(tensorFileOf(weights)));
      if (taken === flags.steps) written.push(file);
      if (measureHeldOut === undefined) continue;
      const means = await measureHeldOut(weights);
      progress.say(`held out, ${name.replace(/_$/, "")} at step ${taken}: ${meansText(means)}`);
      heldOutLosses.add({ step: taken, weights: name.replace(/_$/, ""), ...meansColumns(means) });
    }
    // A picture that cannot be drawn is no reason to lose a run.
    await drawLosses(join(flags.out, "losses.png"), logs, basename(flags.out)).catch((error: Error) =>
      progress.say(`losses.png was not drawn: ${error.message}`),
    );
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
      ...(isFolderOf(flags) && { varied: `crop ${flags.random_crop}, flip ${flags.random_flip}` }),
      schedule: `ᾱ from ${schedule.alphaBar[0]} to ${schedule.alphaBar.at(-1)}`,
    },
    signal,
    onLog: ({ step, rate, gradientNorm, parameterNorm, losses: means }) => {
      progress.step(step, flags.steps, "step");
      progress.say(`step ${step}: ${meansText(means)}, gradient ${gradientNorm.toPrecision(3)}`);
      losses.add({ step, seconds: seconds(), rate, ...meansColumns(means), gradientNorm, parameterNorm });
    },
    onSave,
  });
  progress.end();
  if (signal.aborted)
    throw new Interrupted(`interrupted; the same command goes on from ${join(flags.out, "training.safetensors")}`);
  for (const file of written) console.log(file);
};
