/** `adm train-features`: the network of digits in whose features samples are compared, trained on clean images. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { cast, type Host, safetensorsChunks, tensor, toHost } from "typegrad";
import { key } from "typegrad/random";
import type { Dataset } from "../data/dataset.ts";
import { datasets, type Part } from "../data/packages.ts";
import { shifted } from "../data/shifted.ts";
import { classAgreement } from "../evaluation/agreement.ts";
import { datasetImages } from "../evaluation/dataset-images.ts";
import { initDigits } from "../evaluation/digits.ts";
import { openDigits } from "../evaluation/extract.ts";
import type { Features } from "../evaluation/features.ts";
import { writeFile } from "../files/file.ts";
import { singles } from "../files/in-single.ts";
import { tensorFileOf } from "../files/tensor-file.ts";
import type { Target } from "../plans/load-compiled.ts";
import { openCsvLog } from "../training/csv-log.ts";
import { compileFeaturesStep } from "../training/features-step.ts";
import { initialState, partOf } from "../training/flat-state.ts";
import { withFolderLock } from "../training/folder-lock.ts";
import { runTraining } from "../training/run.ts";
import { type DeviceFlags, targetOf } from "./engine-of-flags.ts";
import { Interrupted } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { addOptions, numberOption, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { addDeviceFlags } from "./sampling-flags.ts";

interface FeaturesFlags extends DeviceFlags {
  readonly data_dir: "mnist" | "fashion";
  readonly out: string;
  readonly steps: number;
  readonly batch_size: number;
  readonly lr: number;
  readonly weight_decay: number;
  readonly warmup: number;
  readonly shift: number;
  readonly log_interval: number;
  readonly save_interval: number;
  readonly seed: number;
}

type Tensors = Readonly<Record<string, Host>>;

/** Weights as they are kept: rounded to f16. */
const inHalf = (weights: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(weights).map(([key, host]) => [key, toHost(cast(tensor(host as Host<number[]>, "f32"), "f16"))]),
  ) as unknown as Tensors;

/** The share of test images whose digit a network knows. */
const accuracyOf = async (target: Target, weights: Tensors, test: Dataset): Promise<number> => {
  const extract = await openDigits({ ...target, weights: singles(tensorFileOf(weights)), batch: 100 });
  const { images, labels } = await datasetImages(test);
  const { logits } = await extract(images);
  return classAgreement(logits as Features, labels);
};

const trainFeatures = async (flags: FeaturesFlags, signal: AbortSignal): Promise<void> => {
  const target = await targetOf(flags, signal);
  try {
    await trainOn(target, flags, signal);
  } finally {
    target.device.close();
  }
};

const trainOn = async (target: Target, flags: FeaturesFlags, signal: AbortSignal): Promise<void> => {
  const { out, steps, batch_size: batch, lr, warmup, weight_decay, seed } = flags;
  const open = datasets[flags.data_dir] as (part: Part) => Dataset;
  const dataset = shifted(open("train"), flags.shift);
  process.stderr.write(`${batch} images a step on ${target.device.description}; compiling\n`);
  const options = { weightDecay: weight_decay, averageRates: [] };
  const step = await compileFeaturesStep(options, { ...target, batch });
  const losses = openCsvLog(join(out, "losses.csv"));
  const progress = openProgress();
  const state = await runTraining(step, async () => initialState(initDigits(key(seed)), 0), {
    ...{ folder: out, dataset, batch, steps, seed, signal },
    // Clean images: there is no process, and no step of it.
    timesteps: 1,
    rate: { lr, warmup, decayFrom: warmup, annealSteps: steps },
    saveInterval: flags.save_interval,
    logInterval: flags.log_interval,
    about: { network: "features of digits", weightDecay: `${weight_decay}` },
    onLog: ({ step, rate, gradientNorm, losses: { loss } }) => {
      const { mean = Number.NaN } = loss ?? {};
      progress.step(step, steps, `loss ${mean.toPrecision(3)}, step`);
      losses.add({ step, rate, loss: mean, gradientNorm });
    },
  });
  progress.end();
  if (signal.aborted) throw new Interrupted(`interrupted; the same command goes on from ${out}`);
  const weights = inHalf(partOf(state, "params"));
  const accuracy = await accuracyOf(target, weights, open("test"));
  const file = join(out, "features.safetensors");
  await writeFile(file, safetensorsChunks(weights, { accuracy: `${accuracy}` }));
  console.log(`${file}: ${(100 * accuracy).toFixed(2)} % of the test images of ${flags.data_dir}`);
};

export const registerTrainFeatures = (program: Command): void => {
  const command = program
    .command("train-features")
    .alias("train_features")
    .description("train the classifier of clean images in whose features a sweep compares samples");
  addOptions(command, [
    new Option("--data_dir <name>", "the images").choices(Object.keys(datasets)).default("mnist"),
    new Option("--out <folder>", "where the run and its weights are kept; a run there goes on").makeOptionMandatory(),
    wholeOption("steps", "steps of the whole run").default(3000),
    wholeOption("batch_size", "images a step").default(64),
    numberOption("lr", "the rate of learning").default(2e-3),
    numberOption("weight_decay", "AdamW's").default(0.01),
    wholeOption("warmup", "steps in which the rate rises to --lr, before it falls to 0 at the last", 0).default(100),
    wholeOption("shift", "pixels by which images are moved at most", 0).default(2),
    wholeOption("log_interval", "steps between lines").default(50),
    wholeOption("save_interval", "steps between saves of the run").default(500),
    wholeOption("seed", "of all that is random", 0).default(0),
  ]);
  addDeviceFlags(command).action((flags: FeaturesFlags) => {
    mkdirSync(flags.out, { recursive: true });
    return withFolderLock(flags.out, () => interruptible((signal) => trainFeatures(flags, signal)));
  });
};
