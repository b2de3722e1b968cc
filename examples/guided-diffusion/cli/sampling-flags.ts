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
import { UsageError } from "./faults.ts";
import { addOptions, among, optionsOf, wholeOption } from "./options.ts";

/** The original's diffusion_defaults. Losses are not computed here; those flags are accepted, as its scripts do. */
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

const texts: Readonly<Record<string, string>> = {
  image_size: "height and width of images",
  num_channels: "channels that widths are multiples of",
  channel_mult: "widths of the levels, such as 1,2,3,4",
  attention_resolutions: "heights of the levels with attention",
  class_cond: "whether the network is told a class",
  learn_sigma: "whether the network predicts variances",
  timestep_respacing: "fewer steps: 250, ddim25, or counts of sections such as 10,15,20",
  diffusion_steps: "steps of the process that was trained",
  noise_schedule: "linear or cosine",
  classifier_depth: "residual blocks a level",
};

/** The flags of a network of this kind and of its process; `classifier` adds those of one that guides. */
export const addNetworkFlags = (
  command: Command,
  { superRes = false, classifier = false }: { readonly superRes?: boolean; readonly classifier?: boolean } = {},
): Command => {
  const defaults = {
    ...(superRes ? superResDefaults : unetDefaults),
    ...processDefaults,
    ...(classifier && classifierDefaults),
  };
  return addOptions(command, [
    new Option("--preset <name>", "flags of a released model").choices(
      Object.entries<Preset>(presets).flatMap(([name, { network }]) =>
        (network === "superRes") === superRes ? [name] : [],
      ),
    ),
    ...optionsOf(defaults, texts),
  ]);
};

export const addDeviceFlags = (command: Command): Command =>
  addOptions(command, [
    new Option(
      "--device <name>",
      "where it runs; the default is a graphics processor where there is one, else wasm",
    ).choices(["wasm", "webgpu", "software", "direct"]),
    wholeOption("threads", "threads of wasm; as many as the machine runs at once by default"),
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

/** @throws UsageError for a schedule that is not there; RangeError for steps that it has not */
export const scheduleOfFlags = (given: Given): Schedule => {
  const flags = {
    ...processDefaults,
    ...among(processDefaults, presetOf(given)?.flags ?? {}),
    ...among(processDefaults, given),
  };
  const { noise_schedule, diffusion_steps, timestep_respacing, rescale_timesteps } = flags;
  if (noise_schedule !== "linear" && noise_schedule !== "cosine")
    throw new UsageError(`--noise_schedule ${noise_schedule}: it must be linear or cosine`);
  const schedule = respace(namedSchedule(noise_schedule, diffusion_steps), timestep_respacing);
  return rescale_timesteps ? rescaleTimesteps(schedule) : schedule;
};
