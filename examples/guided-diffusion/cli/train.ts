/** `adm train` and `adm train-classifier`: the original's image_train and classifier_train, on one device. */

import { type Command, Option } from "commander";
import { key } from "typegrad/random";
import { datasets } from "../data/packages.ts";
import { classifierDefaults } from "../networks/flags.ts";
import { initClassifier, initUNet } from "../networks/parameters.ts";
import {
  compileClassifierMeasure,
  compileClassifierStep,
  compileUNetMeasure,
  compileUNetStep,
} from "../training/compiled-steps.ts";
import { initialState } from "../training/flat-state.ts";
import type { Objective } from "../training/objective.ts";
import { stepSamplers } from "../training/run.ts";
import { UsageError } from "./faults.ts";
import { addOptions, booleanOption, numberOption, wholeOption } from "./options.ts";
import {
  addClassifierFlags,
  addDeviceFlags,
  addNetworkFlags,
  guideFlagsOf,
  guideOf,
  networkFlagsOf,
  networkOf,
} from "./sampling-flags.ts";
import { type TrainFlags, train } from "./training-run.ts";

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
    flags: networkFlagsOf(flags),
    imageSize: network.imageSize,
    classes: config.classes,
    averages,
    objective: JSON.stringify(objective),
    compile: async (options, microbatches) => {
      const training = {
        config,
        objective,
        steps: options.schedule.steps,
        weightDecay: flags.weight_decay,
        averageRates: averages.map(Number),
        microbatches,
      };
      return { step: await compileUNetStep(training, options), measure: () => compileUNetMeasure(training, options) };
    },
    init: () => initialState(initUNet(config, key(flags.seed)), averages.length),
  });
};

const trainNoisyClassifier = (flags: TrainFlags): Promise<void> => {
  const config = guideOf(flags, classifierDefaults.image_size);
  return train(flags, {
    config,
    flags: guideFlagsOf(flags),
    imageSize: config.imageSize,
    classes: config.outChannels,
    averages: [],
    objective: "cross-entropy",
    compile: async (options, microbatches) => {
      const training = { config, weightDecay: flags.weight_decay, averageRates: [], microbatches };
      return {
        step: await compileClassifierStep(training, options),
        measure: () => compileClassifierMeasure(training, options),
      };
    },
    init: () => initialState(initClassifier(config, key(flags.seed)), 0),
  });
};

const addTrainingFlags = (command: Command): Command => {
  addOptions(command, [
    new Option(
      "--data_dir <name>",
      `the images: ${Object.keys(datasets).join(", ")}, or a folder, whose files are named by class: dog_1.png`,
    ).makeOptionMandatory(),
    booleanOption("random_flip", "mirror every other image of a folder").default(true),
    new Option("--broken_images <what>", "files of a folder that are no images")
      .choices(["refuse", "skip"])
      .default("refuse"),
    new Option("--out <folder>", "where the run and its weights are kept; a run there goes on").makeOptionMandatory(),
    wholeOption("steps", "steps of the whole run").makeOptionMandatory(),
    wholeOption("batch_size", "images a step").default(32),
    numberOption("microbatch", "images computed at a time; all by default").default(-1),
    numberOption("weight_decay", "AdamW's").default(0),
    wholeOption("warmup", "steps in which the rate rises to --lr", 0).default(0),
    wholeOption("decay_from", "the step from which the rate falls, to 0 at the last", 0),
    booleanOption("anneal_lr", "let the rate fall from the first step").default(false),
    wholeOption("log_interval", "steps between lines").default(10),
    wholeOption("save_interval", "steps between saves of the run and its weights").default(500),
    wholeOption("held_out", "test images that weights are measured on when they are saved", 0).default(0),
    new Option("--held_out_dir <name>", "where those are; by default in the test part of --data_dir"),
    wholeOption("seed", "of all that is random", 0).default(0),
  ]);
  return addDeviceFlags(command);
};

export const registerTrain = (program: Command): void => {
  const command = program.command("train").description("train a network; the same command goes on with a run");
  addOptions(command, [
    numberOption("lr", "the rate of learning").default(1e-4),
    booleanOption("random_crop", "squares somewhere in each image of a folder, not in the middle").default(false),
    new Option("--ema_rate <rates>", "of the running averages, with commas").default("0.9999"),
    new Option("--schedule_sampler <name>", "how steps of the process are drawn: alike, or by the losses that they had")
      .choices(stepSamplers)
      .default("uniform"),
  ]);
  addNetworkFlags(addTrainingFlags(command)).action((flags: TrainFlags) => trainNetwork(flags));
};

export const registerTrainClassifier = (program: Command): void => {
  const command = program
    .command("train-classifier")
    .alias("train_classifier")
    .description("train a noisy classifier, which guides");
  addOptions(command, [
    numberOption("lr", "the rate of learning").default(3e-4),
    booleanOption("random_crop", "squares somewhere in each image of a folder, not in the middle").default(true),
  ]);
  addClassifierFlags(addTrainingFlags(command)).action((flags: TrainFlags) => trainNoisyClassifier(flags));
};
