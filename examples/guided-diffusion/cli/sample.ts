/** `adm sample`: the original's image_sample and classifier_sample, which is the same with a classifier. */

import { type Command, Option } from "commander";
import { drawLabel, drawOf } from "../sampling/draws.ts";
import type { DeviceFlags } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { checkClass, classesOf } from "./labels.ts";
import { withWeights } from "./open-weights.ts";
import { addOptions, numberOption, parseWhole, wholeOption } from "./options.ts";
import { runSampling } from "./run-sampling.ts";
import { checkOut } from "./samples.ts";
import {
  addDeviceFlags,
  addNetworkFlags,
  type Given,
  guideOf,
  networkOf,
  presetOf,
  samplerOptions,
  scheduleOfFlags,
} from "./sampling-flags.ts";
import { type WeightFlags, weightFilesOf } from "./shipped-weights.ts";

interface SampleFlags extends Given, WeightFlags, DeviceFlags {
  readonly classifier_scale?: number;
  readonly num_samples: number;
  readonly batch_size: number;
  readonly use_ddim: boolean;
  readonly eta: number;
  readonly clip_denoised: boolean;
  readonly class?: number;
  readonly seed: number;
  readonly out: string;
}

const sample = (flags: SampleFlags): Promise<void> =>
  interruptible(async (signal) => {
    const { config, objective, imageSize, channels } = networkOf(flags);
    const schedule = scheduleOfFlags(flags);
    const { model_path, classifier_path } = weightFilesOf(flags);
    const guide = classifier_path === undefined ? undefined : guideOf(flags, imageSize);
    if (guide === undefined && flags.classifier_scale !== undefined)
      throw new UsageError("--classifier_scale needs --classifier_path, the classifier that guides");
    const classes = classesOf(config.classes, guide?.outChannels);
    checkClass(flags.class, classes);
    await checkOut(flags.out);

    const { num_samples: count, seed } = flags;
    const batch = Math.min(flags.batch_size, count);
    const labelOf = (i: number): number => flags.class ?? drawLabel(drawOf(seed, i), classes as number);
    await withWeights({ model: [model_path, config], classifier: [classifier_path, guide] }, (weights) =>
      runSampling({
        task: {
          ...weights,
          sampling: { config, objective, clip: flags.clip_denoised, sampler: flags.use_ddim ? "ddim" : "ddpm", guide },
          schedule,
          image: [channels, imageSize, imageSize],
          batch,
          scale: flags.classifier_scale ?? presetOf(flags)?.classifier?.scale ?? 1,
          eta: flags.eta,
          seed,
        },
        inputOf: async (first) =>
          classes === undefined ? {} : { labels: Array.from({ length: batch }, (_, i) => labelOf(first + i)) },
        hasLabels: classes !== undefined,
        count,
        out: flags.out,
        device: flags,
        signal,
      }),
    );
  });

export const registerSample = (program: Command): void => {
  const command = program
    .command("sample")
    .description("sample images, guided by a classifier where one is named or comes with the preset")
    .option("--model_path <file>", "the network: .pt, .safetensors or .npz (default: the preset's, if they are here)")
    .option("--classifier_path <file>", "the classifier that guides (default: the preset's, beside its network)");
  addOptions(command, [
    numberOption("classifier_scale", "how strongly it guides (default: the preset's, or 1)"),
    wholeOption("num_samples", "how many images").default(10000),
    wholeOption("batch_size", "how many at a time").default(16),
    ...samplerOptions(),
    new Option("--class <label>", "a label for all images; random ones by default").argParser(parseWhole(0)),
    wholeOption("seed", "samples are a function of it and of their index", 0).default(0),
  ]);
  command.requiredOption(
    "--out <path>",
    "x.npz, x.png for one sheet of all, or a folder for samples_<N>x<H>x<W>x<C>.npz",
  );
  addDeviceFlags(addNetworkFlags(command, { classifier: true }));
  command.action((flags: SampleFlags) => sample(flags));
};
