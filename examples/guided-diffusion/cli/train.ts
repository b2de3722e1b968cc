/** `adm train` and `adm train-classifier`: the original's image_train and classifier_train, on one device. */

import { join } from "node:path";
import { type Command, Option } from "commander";
import { type Host, toHost } from "typegrad";
import { key } from "typegrad/random";
import type { Dataset } from "../data/dataset.ts";
import { datasets } from "../data/packages.ts";
import { writeFile } from "../files/file.ts";
import { ptChunks } from "../files/pt-writer.ts";
import { tensorFileOf } from "../files/tensor-file.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { initClassifier, initUNet } from "../networks/parameters.ts";
import { compileClassifierStep, compileUNetStep, type StepOptions } from "../training/compiled-steps.ts";
import { flattenState, partOf } from "../training/flat-state.ts";
import type { Objective } from "../training/objective.ts";
import type { RatePlan } from "../training/rate.ts";
import { runTraining, type StepLog, type StepSampler, stepSamplers, type TrainingStep } from "../training/run.ts";
import { initTraining } from "../training/state.ts";
import { type DeviceFlags, targetOf } from "./engine-of-flags.ts";
import { Interrupted, UsageError } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { addOptions, booleanOption, numberOption, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { addDeviceFlags, addNetworkFlags, type Given, guideOf, networkOf, scheduleOfFlags } from "./sampling-flags.ts";

interface TrainFlags extends Given, DeviceFlags {
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
  readonly seed: number;
  /** Not said of classifiers. */
  readonly schedule_sampler?: StepSampler;
  readonly use_kl?: boolean;
  readonly rescale_learned_sigmas?: boolean;
}

/** What the two commands do in their own ways. */
interface Task {
  readonly config: UNetConfig | ClassifierConfig;
  /** Rates of the running averages, as they were written. */
  readonly averages: readonly string[];
  /** What is made small, for a saved run to be compared with. */
  readonly objective: string;
  readonly compile: (microbatches: number, options: StepOptions) => Promise<TrainingStep>;
  readonly init: () => Readonly<Record<string, unknown>>;
}

const datasetOf = (name: string): Dataset => {
  const open = datasets[name];
  if (open === undefined)
    throw new UsageError(
      `--data_dir ${name}: there is no such data set; there are ${Object.keys(datasets).join(", ")}`,
    );
  return open("train");
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

/** `loss 0.0548 (0.131 0.048 0.031 0.014)`: the mean, and those of the quarters of t. */
export const lossText = ({ losses, gradientNorm }: StepLog): string =>
  [
    ...Object.entries(losses).map(
      ([name, { mean, quarters }]) =>
        `${name} ${mean.toPrecision(4)} (${quarters.map((q) => (Number.isNaN(q) ? "–" : q.toPrecision(3))).join(" ")})`,
    ),
    `gradient ${gradientNorm.toPrecision(3)}`,
  ].join(", ");

/** The weights of a state in files of their own, as the original names them. */
const writeWeights = async (
  folder: string,
  steps: number,
  state: Readonly<Record<string, Host>>,
  averages: readonly string[],
): Promise<string[]> => {
  const number = `${steps}`.padStart(6, "0");
  const files = [
    [`model${number}.pt`, "params"],
    ...averages.map((rate, i) => [`ema_${rate}_${number}.pt`, `average${i}`]),
  ] as [string, string][];
  for (const [name, part] of files) {
    await writeFile(join(folder, name), ptChunks(tensorFileOf(partOf(state, part))));
  }
  return files.map(([name]) => join(folder, name));
};

const train = (flags: TrainFlags, task: Task): Promise<void> =>
  interruptible(async (signal) => {
    const dataset = datasetOf(flags.data_dir);
    const schedule = scheduleOfFlags(flags);
    const microbatches = microbatchesOf(flags);
    const { channels } = dataset;
    if (task.config.inChannels !== channels)
      throw new UsageError(
        `${dataset.name} has images of ${channels} channels, and the network takes ${task.config.inChannels}; set --image_channels ${channels}`,
      );
    const target = await targetOf(flags);
    process.stderr.write(`${flags.batch_size} images a step on ${target.device.description}; compiling\n`);
    try {
      const { height, width } = dataset;
      const step = await task.compile(microbatches, { ...target, batch: flags.batch_size, height, width, schedule });
      const progress = openProgress();
      const state = await runTraining(
        step,
        async () =>
          Object.fromEntries(
            Object.entries(task.init()).map(([name, value]) => [name, toHost(value as never) as unknown as Host]),
          ),
        {
          folder: flags.out,
          dataset,
          batch: flags.batch_size,
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
            schedule: `ᾱ from ${schedule.alphaBar[0]} to ${schedule.alphaBar.at(-1)}`,
          },
          signal,
          onLog: (log) => {
            progress.step(log.step, flags.steps, "step");
            process.stderr.write(`step ${log.step}: ${lossText(log)}\n`);
          },
        },
      );
      progress.end();
      if (signal.aborted)
        throw new Interrupted(`interrupted; the same command goes on from ${join(flags.out, "training.safetensors")}`);
      for (const file of await writeWeights(flags.out, flags.steps, state, task.averages)) console.log(file);
    } finally {
      target.device.close();
    }
  });

/** @throws UsageError for rates that are none */
const averagesOf = (text: string): string[] => {
  const rates = text.split(",").filter((rate) => rate !== "");
  for (const rate of rates)
    if (!(Number(rate) >= 0 && Number(rate) < 1))
      throw new UsageError(`--ema_rate ${text}: each must be a number from 0 up to, but not, 1`);
  return rates;
};

const lossOf = ({ use_kl, rescale_learned_sigmas }: TrainFlags): Objective["loss"] =>
  use_kl ? "rescaledKl" : rescale_learned_sigmas ? "rescaledMse" : "mse";

const trainNetwork = (flags: TrainFlags): Promise<void> => {
  const network = networkOf(flags);
  const { config } = network;
  const averages = averagesOf(flags.ema_rate);
  const objective: Objective = { ...network.objective, loss: lossOf(flags) };
  return train(flags, {
    config,
    averages,
    objective: JSON.stringify(objective),
    compile: (microbatches, options) =>
      compileUNetStep(
        {
          config,
          objective,
          steps: options.schedule.steps,
          weightDecay: flags.weight_decay,
          averageRates: averages.map(Number),
          microbatches,
        },
        options,
      ),
    init: () => flattenState(initTraining(initUNet(config, key(flags.seed)), averages.length) as never),
  });
};

const trainNoisyClassifier = (flags: TrainFlags): Promise<void> => {
  const config = guideOf(flags, networkOf(flags).imageSize);
  return train(flags, {
    config,
    averages: [],
    objective: "cross-entropy",
    compile: (microbatches, options) =>
      compileClassifierStep({ config, weightDecay: flags.weight_decay, averageRates: [], microbatches }, options),
    init: () => flattenState(initTraining(initClassifier(config, key(flags.seed)), 0) as never),
  });
};

const addTrainingFlags = (command: Command): Command => {
  addOptions(command, [
    new Option("--data_dir <name>", `the images: ${Object.keys(datasets).join(" or ")}`).makeOptionMandatory(),
    new Option("--out <folder>", "where the run and its weights are kept; a run there goes on").makeOptionMandatory(),
    wholeOption("steps", "steps of the whole run").makeOptionMandatory(),
    wholeOption("batch_size", "images a step").default(32),
    numberOption("microbatch", "images computed at a time; all by default").default(-1),
    numberOption("weight_decay", "AdamW's").default(0),
    wholeOption("warmup", "steps in which the rate rises to --lr", 0).default(0),
    wholeOption("decay_from", "the step from which the rate falls, to 0 at the last", 0),
    booleanOption("anneal_lr", "let the rate fall from the first step").default(false),
    wholeOption("log_interval", "steps between lines").default(10),
    wholeOption("save_interval", "steps between saves of the run").default(500),
    wholeOption("seed", "of all that is random", 0).default(0),
  ]);
  return addDeviceFlags(addNetworkFlags(command, { classifier: true }));
};

export const registerTrain = (program: Command): void => {
  const command = program.command("train").description("train a network; the same command goes on with a run");
  addOptions(command, [
    numberOption("lr", "the rate of learning").default(1e-4),
    new Option("--ema_rate <rates>", "of the running averages, with commas").default("0.9999"),
    new Option("--schedule_sampler <name>", "how steps of the process are drawn: alike, or by the losses that they had")
      .choices(stepSamplers)
      .default("uniform"),
  ]);
  addTrainingFlags(command).action((flags: TrainFlags) => trainNetwork(flags));
};

export const registerTrainClassifier = (program: Command): void => {
  const command = program
    .command("train-classifier")
    .alias("train_classifier")
    .description("train a noisy classifier, which guides");
  addOptions(command, [numberOption("lr", "the rate of learning").default(3e-4)]);
  addTrainingFlags(command).action((flags: TrainFlags) => trainNoisyClassifier(flags));
};
