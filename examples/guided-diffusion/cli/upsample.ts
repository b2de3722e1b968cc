/** `adm upsample`: the original's super_res_sample. */

import type { Command } from "commander";
import { checkedLabels, readImages, takeImages } from "./base-samples.ts";
import type { DeviceFlags } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { withWeights } from "./open-weights.ts";
import { addOptions, wholeOption } from "./options.ts";
import { runSampling } from "./run-sampling.ts";
import { checkOut, fromBytes } from "./samples.ts";
import {
  addDeviceFlags,
  addNetworkFlags,
  type Given,
  samplerOptions,
  scheduleOfFlags,
  superResOf,
} from "./sampling-flags.ts";

interface UpsampleFlags extends Given, DeviceFlags {
  readonly model_path: string;
  readonly base_samples: string;
  readonly num_samples?: number;
  readonly batch_size: number;
  readonly use_ddim: boolean;
  readonly eta: number;
  readonly clip_denoised: boolean;
  readonly seed: number;
  readonly out: string;
}

const upsample = (flags: UpsampleFlags): Promise<void> =>
  interruptible(async (signal) => {
    const { config, objective, imageSize, channels } = superResOf(flags);
    const schedule = scheduleOfFlags(flags);
    await checkOut(flags.out);
    const base = await readImages(flags.base_samples);
    if (base.channels !== channels)
      throw new UsageError(
        `${flags.base_samples}: its images have ${base.channels} channels, and the network takes ${channels}`,
      );
    const labels = config.classes === undefined ? undefined : checkedLabels(flags.base_samples, base, config.classes);

    const count = flags.num_samples ?? base.count;
    const batch = Math.min(flags.batch_size, count);
    const { height, width } = base;
    await withWeights({ model: [flags.model_path, config] }, (weights) =>
      runSampling({
        task: {
          ...weights,
          sampling: { config, objective, clip: flags.clip_denoised, sampler: flags.use_ddim ? "ddim" : "ddpm" },
          schedule,
          image: [channels, imageSize, imageSize],
          small: [height, width],
          batch,
          scale: 0,
          eta: flags.eta,
          seed: flags.seed,
        },
        inputOf: async (first) => ({
          lowRes: fromBytes(takeImages(base, first, batch), [batch, height, width, channels]),
          ...(labels && {
            labels: Array.from({ length: batch }, (_, i) => labels[(first + i) % base.count] as number),
          }),
        }),
        // As the original, which writes images alone.
        hasLabels: false,
        count,
        out: flags.out,
        device: flags,
        signal,
      }),
    );
  });

export const registerUpsample = (program: Command): void => {
  const command = program
    .command("upsample")
    .description("enlarge images, such as those that sample wrote, by a super-resolution network")
    .requiredOption("--model_path <file>", "the network: .pt, .safetensors or .npz")
    .requiredOption(
      "--base_samples <file>",
      "a .npz with images in arr_0, and labels in arr_1 for networks with classes",
    );
  addOptions(command, [
    wholeOption("num_samples", "how many images; as many as there are by default, and from the first again beyond"),
    wholeOption("batch_size", "how many at a time").default(16),
    ...samplerOptions(),
    wholeOption("seed", "samples are a function of it and of their index", 0).default(0),
  ]);
  command.requiredOption(
    "--out <path>",
    "x.npz, x.png for one sheet of all, or a folder for samples_<N>x<H>x<W>x<C>.npz",
  );
  addDeviceFlags(addNetworkFlags(command, { superRes: true }));
  command.action((flags: UpsampleFlags) => upsample(flags));
};
