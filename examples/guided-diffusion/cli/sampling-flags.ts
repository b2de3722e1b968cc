/** The flags of sampling scripts, as networks, a schedule, and what the network's output means. */

import { type Command, Option } from "commander";
import { respace } from "../diffusion/respace.ts";
import { namedSchedule, rescaleTimesteps, type Schedule, type ScheduleName } from "../diffusion/schedule.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import {
  classifierConfig,
  classifierDefaults,
  superResConfig,
  superResDefaults,
  unetConfig,
  unetDefaults,
} from "../networks/flags.ts";
import { type Preset, presets } from "../networks/presets.ts";
import type { Objective } from "../training/objective.ts";
import { addConfigFlag } from "./config-file.ts";
import { defaultPlanCache } from "./engine-of-flags.ts";
import { classifierTexts, networkTexts, processTexts } from "./flag-texts.ts";
import { addOptions, among, booleanOption, numberOption, optionsOf, wholeOption } from "./options.ts";

/** The original's diffusion_defaults. Of losses only training knows; sampling accepts those flags, as the original's scripts do. */
export const processDefaults = {
  diffusion_steps: 1000,
  noise_schedule: "linear" as ScheduleName,
  timestep_respacing: "",
  learn_sigma: false,
  predict_xstart: false,
  rescale_timesteps: false,
  use_kl: false,
  rescale_learned_sigmas: false,
};

export type Given = Readonly<Record<string, unknown>>;

/** The flags of a network of this kind and of its process; `classifier` adds those of one that guides. */
export const addNetworkFlags = (
  command: Command,
  { superRes = false, classifier = false }: { readonly superRes?: boolean; readonly classifier?: boolean } = {},
): Command =>
  addOptions(addConfigFlag(command), [
    presetOption(superRes),
    ...optionsOf("Network:", { ...(superRes ? superResDefaults : unetDefaults) }, networkTexts),
    ...processOptions(),
    ...(classifier ? optionsOf("Classifier:", onlyClassifier(), classifierTexts) : []),
  ]);

/** The flags of a noisy classifier alone, and of the process whose images it sees. */
export const addClassifierFlags = (command: Command): Command =>
  addOptions(addConfigFlag(command), [
    presetOption(false),
    ...optionsOf("Classifier:", { ...classifierDefaults }, { ...networkTexts, ...classifierTexts }),
    // The original's scripts take it of the process, for classifiers too.
    ...optionsOf("Process:", { learn_sigma: processDefaults.learn_sigma }, networkTexts),
    ...processOptions(),
  ]);

const presetOption = (superRes: boolean): Option =>
  new Option("--preset <name>", "flags of a released model; those that are given as well win")
    .choices(
      Object.entries<Preset>(presets).flatMap(([name, { network }]) =>
        (network === "superRes") === superRes ? [name] : [],
      ),
    )
    .helpGroup("Network:");

const processOptions = (): Option[] => {
  const { learn_sigma: _, ...process } = processDefaults;
  return optionsOf("Process:", process, processTexts);
};

/** Flags of the classifier that it does not share with the network. */
const onlyClassifier = (): Record<string, string | number | boolean> =>
  Object.fromEntries(Object.entries(classifierDefaults).filter(([name]) => !Object.hasOwn(unetDefaults, name)));

/** How a step is taken, as each command has it that samples. */
export const samplerOptions = (): readonly Option[] => [
  booleanOption("use_ddim", "DDIM's steps in place of DDPM's").default(false),
  numberOption("eta", "how much of DDPM's noise DDIM adds", 0).default(0),
  booleanOption("clip_denoised", "keep x₀ within [−1, 1]").default(true),
];

export const addDeviceFlags = (command: Command): Command =>
  addOptions(command, [
    new Option("--device <name>", "where it runs; the default is a graphics processor where there is one, else wasm")
      .choices(["wasm", "webgpu", "software", "direct"])
      .helpGroup("Device:"),
    wholeOption("threads", "threads of wasm; as many as the machine runs at once by default").helpGroup("Device:"),
    new Option("--plan_cache <folder>", "where compiled programs are kept for the next run; none: nowhere")
      .env("ADM_PLAN_CACHE")
      .default(defaultPlanCache, ".cache/plans of this project")
      .helpGroup("Device:"),
  ]);

export const presetOf = (given: Given): Preset | undefined =>
  given.preset === undefined ? undefined : presets[given.preset as keyof typeof presets];

export interface Network {
  readonly config: UNetConfig;
  readonly objective: Omit<Objective, "loss">;
  readonly imageSize: number;
  readonly channels: number;
}

const objectiveOf = (flags: {
  readonly predict_xstart: boolean;
  readonly learn_sigma: boolean;
}): Network["objective"] => ({
  mean: flags.predict_xstart ? "startX" : "epsilon",
  variance: flags.learn_sigma ? "learnedRange" : "fixedLarge",
});

/** @throws RangeError for flags that describe no network */
export const networkOf = (given: Given): Network => {
  const flags = {
    ...unetDefaults,
    ...processDefaults,
    ...presetOf(given)?.flags,
    ...among(unetDefaults, given),
    ...among(processDefaults, given),
  };
  return {
    config: unetConfig(among(unetDefaults, flags)),
    objective: objectiveOf(flags),
    imageSize: flags.image_size,
    channels: flags.image_channels,
  };
};

/** The flags of a network and its process: the preset's, and over them those that are given. */
export const networkFlagsOf = (given: Given): Given =>
  among({ ...unetDefaults, ...processDefaults }, { ...presetOf(given)?.flags, ...given });

/** The same for super-resolution; images are of `large_size`. */
export const superResOf = (given: Given): Network => {
  const flags = {
    ...superResDefaults,
    ...processDefaults,
    ...presetOf(given)?.flags,
    ...among(superResDefaults, given),
    ...among(processDefaults, given),
  };
  return {
    config: superResConfig(among(superResDefaults, flags)),
    objective: objectiveOf(flags),
    imageSize: flags.large_size,
    channels: flags.image_channels,
  };
};

/** The classifier that guides; what is not said of it is as in the preset. */
export const guideOf = (given: Given, imageSize: number): ClassifierConfig =>
  classifierConfig({
    image_size: imageSize,
    ...presetOf(given)?.classifier?.flags,
    ...among(classifierDefaults, given),
  });

/** The flags of a noisy classifier and its process: the preset's, and over them those that are given. */
export const guideFlagsOf = (given: Given): Given =>
  among(
    { ...classifierDefaults, ...processDefaults },
    { ...among(processDefaults, presetOf(given)?.flags ?? {}), ...presetOf(given)?.classifier?.flags, ...given },
  );

/** @throws RangeError for steps that the process has not */
export const scheduleOfFlags = (given: Given): Schedule => {
  const flags = {
    ...processDefaults,
    ...among(processDefaults, presetOf(given)?.flags ?? {}),
    ...among(processDefaults, given),
  };
  const { noise_schedule, diffusion_steps, timestep_respacing, rescale_timesteps } = flags;
  const schedule = respace(namedSchedule(noise_schedule, diffusion_steps), timestep_respacing);
  return rescale_timesteps ? rescaleTimesteps(schedule) : schedule;
};
