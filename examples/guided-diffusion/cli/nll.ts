/** `adm nll`: the original's image_nll. How many bits a dimension of images takes at most, by a network. */

import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { writeFile } from "../files/file.ts";
import { npzChunks } from "../files/npz-writer.ts";
import { tensorFileOf } from "../files/tensor-file.ts";
import { openLikelihood, type TermName } from "../sampling/measure-likelihood.ts";
import { checkedLabels } from "./base-samples.ts";
import { type DeviceFlags, engineOf } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { openImages } from "./image-source.ts";
import { interruptible } from "./interruption.ts";
import { withWeights } from "./open-weights.ts";
import { addOptions, booleanOption, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { checkOut, fromBytes, isFile } from "./samples.ts";
import { addDeviceFlags, addNetworkFlags, type Given, networkOf, scheduleOfFlags } from "./sampling-flags.ts";

interface NllFlags extends Given, DeviceFlags {
  readonly model_path: string;
  readonly data_dir: string;
  readonly num_samples?: number;
  readonly batch_size: number;
  readonly clip_denoised: boolean;
  readonly seed: number;
  readonly out: string;
}

/** The original's names of the files. */
const fileNames: Readonly<Record<TermName, string>> = {
  bound: "vb_terms.npz",
  mse: "mse_terms.npz",
  xStartMse: "xstart_mse_terms.npz",
};

const nll = (flags: NllFlags): Promise<void> =>
  interruptible(async (signal) => {
    const { config, objective, imageSize, channels } = networkOf(flags);
    const schedule = scheduleOfFlags(flags);
    if (isFile(flags.out)) throw new UsageError(`--out ${flags.out}: it must be a folder, for three files`);
    await checkOut(flags.out);
    const images = await openImages(flags.data_dir, imageSize, channels);
    const labels = config.classes === undefined ? undefined : checkedLabels(flags.data_dir, images, config.classes);
    const count = Math.min(flags.num_samples ?? images.count, images.count);
    const batch = Math.min(flags.batch_size, count);
    const batches = Math.ceil(count / batch);

    await withWeights({ model: [flags.model_path, config] }, async ({ model }) => {
      const engine = await engineOf(flags);
      const progress = openProgress();
      try {
        process.stderr.write(`${schedule.steps} steps on ${engine.description}; compiling\n`);
        const measure = await openLikelihood(engine, {
          denoiser: { config, objective, clip: flags.clip_denoised },
          schedule,
          model,
          image: [channels, imageSize, imageSize],
          batch,
          seed: flags.seed,
          signal,
        });
        const sums: Record<TermName, Float64Array> = {
          bound: new Float64Array(schedule.steps),
          mse: new Float64Array(schedule.steps),
          xStartMse: new Float64Array(schedule.steps),
        };
        let total = 0;
        for (let i = 0; i < batches; i++) {
          const first = i * batch;
          const kept = Math.min(batch, count - first);
          const bytes = await images.read(first, batch);
          const found = await measure(
            {
              first,
              x: fromBytes(bytes, [batch, imageSize, imageSize, channels]),
              labels: labels && Array.from({ length: batch }, (_, n) => labels[(first + n) % images.count] as number),
            },
            (at, steps) => progress.step(i * steps + at, batches * steps, `batch ${i + 1} of ${batches}, step`),
          );
          for (const [name, sum] of Object.entries(sums)) {
            found[name as TermName].forEach((row, place) => {
              for (let n = 0; n < kept; n++) sum[place] = (sum[place] as number) + (row[n] as number);
            });
          }
          for (let n = 0; n < kept; n++) total += found.prior[n] as number;
        }
        progress.end();
        total += sums.bound.reduce((sum, term) => sum + term, 0);

        await mkdir(flags.out, { recursive: true });
        for (const [name, sum] of Object.entries(sums)) {
          const data = Float32Array.from(sum, (term) => term / count);
          const file = tensorFileOf({ arr_0: { dtype: "f32", shape: [schedule.steps], data } });
          await writeFile(path.join(flags.out, fileNames[name as TermName]), npzChunks(file));
        }
        console.log(`${(total / count).toFixed(4)} bits a dimension, over ${count} images`);
      } finally {
        progress.end();
        engine.close();
      }
    });
  });

export const registerNll = (program: Command): void => {
  const command = program
    .command("nll")
    .description("measure how likely images are: bits a dimension, and the terms of the bound at each step")
    .requiredOption("--model_path <file>", "the network: .pt, .safetensors or .npz")
    .requiredOption(
      "--data_dir <path>",
      "a folder of .png and .jpg, the class before the first _ of their names; or a .npz such as sample writes",
    );
  addOptions(command, [
    wholeOption("num_samples", "how many images; all by default"),
    wholeOption("batch_size", "how many at a time").default(1),
    booleanOption("clip_denoised", "keep x₀ within [−1, 1]").default(true),
    wholeOption("seed", "noise is a function of it and of an image's index", 0).default(0),
  ]);
  command.requiredOption(
    "--out <folder>",
    "for vb_terms.npz, mse_terms.npz and xstart_mse_terms.npz, the last step first",
  );
  addDeviceFlags(addNetworkFlags(command));
  command.action((flags: NllFlags) => nll(flags));
};
