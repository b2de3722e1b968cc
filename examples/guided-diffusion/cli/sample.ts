/** `adm sample`: the original's image_sample and classifier_sample, which is the same with a classifier. */

import { type Command, Option } from "commander";
import { drawLabel, drawOf } from "../sampling/draws.ts";
import { type EngineName, openEngine } from "../sampling/engine.ts";
import { openSampler } from "../sampling/sample-images.ts";
import { Interrupted, UsageError } from "./faults.ts";
import { interruptible } from "./interruption.ts";
import { openWeights } from "./open-weights.ts";
import { addOptions, booleanOption, numberOption, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { checkOut, toBytes, writeSamples } from "./samples.ts";
import {
  addDeviceFlags,
  addNetworkFlags,
  type Given,
  guideOf,
  networkOf,
  presetOf,
  scheduleOfFlags,
} from "./sampling-flags.ts";

interface SampleFlags extends Given {
  readonly model_path: string;
  readonly classifier_path?: string;
  readonly classifier_scale?: number;
  readonly num_samples: number;
  readonly batch_size: number;
  readonly use_ddim: boolean;
  readonly eta: number;
  readonly clip_denoised: boolean;
  readonly class?: number;
  readonly seed: number;
  readonly out: string;
  readonly device?: EngineName;
  readonly threads?: number;
}

/** How many classes labels are drawn from; none where nothing is told or guided. */
const classesOf = (told: number | undefined, guided: number | undefined): number | undefined => {
  if (told !== undefined && guided !== undefined && told !== guided)
    throw new UsageError(
      `the network is told one of ${told} classes, and the classifier knows ${guided}: they must agree`,
    );
  return told ?? guided;
};

const checkClass = (label: number | undefined, classes: number | undefined): void => {
  if (label === undefined) return;
  if (classes === undefined)
    throw new UsageError(
      `--class ${label}: the network is told no class and no classifier guides it; set --class_cond True, or give --classifier_path`,
    );
  if (label >= classes) throw new UsageError(`--class ${label}: there are ${classes} classes, 0 to ${classes - 1}`);
};

const sample = (flags: SampleFlags): Promise<void> =>
  interruptible(async (signal) => {
    const network = networkOf(flags);
    const schedule = scheduleOfFlags(flags);
    const guide = flags.classifier_path === undefined ? undefined : guideOf(flags, network.imageSize);
    if (guide === undefined && flags.classifier_scale !== undefined)
      throw new UsageError("--classifier_scale needs --classifier_path, the classifier that guides");
    const classes = classesOf(network.config.classes, guide?.outChannels);
    checkClass(flags.class, classes);
    await checkOut(flags.out);

    const model = await openWeights(flags.model_path, network.config);
    const classifier = guide && (await openWeights(flags.classifier_path as string, guide));
    const engine = await openEngine(flags.device, flags.threads);
    const progress = openProgress();
    try {
      process.stderr.write(`${schedule.steps} steps on ${engine.description}\n`);
      const { num_samples: count, seed } = flags;
      const batch = Math.min(flags.batch_size, count);
      const { channels, imageSize } = network;
      const labelOf = (i: number): number => flags.class ?? drawLabel(drawOf(seed, i), classes as number);
      const sampler = await openSampler(engine, {
        sampling: {
          config: network.config,
          objective: network.objective,
          clip: flags.clip_denoised,
          sampler: flags.use_ddim ? "ddim" : "ddpm",
          guide,
        },
        schedule,
        model,
        classifier,
        image: [channels, imageSize, imageSize],
        batch,
        scale: flags.classifier_scale ?? presetOf(flags)?.classifier?.scale ?? 1,
        eta: flags.eta,
        seed,
        signal,
        onLoad: (done, total) => progress.step(done, total, "weights"),
      });
      progress.end();
      const shape = [batch, channels, imageSize, imageSize];
      const pixels = channels * imageSize * imageSize;
      const images = new Uint8Array(count * pixels);
      const labels: number[] = [];
      const batches = Math.ceil(count / batch);
      const steps = openProgress();
      let done = 0;
      try {
        for (let i = 0; i < batches; i++) {
          const first = i * batch;
          const kept = Math.min(batch, count - first);
          const told = classes === undefined ? undefined : Array.from({ length: batch }, (_, n) => labelOf(first + n));
          const x = await sampler({ first, labels: told }, (at, total) =>
            steps.step(i * total + at, batches * total, `batch ${i + 1} of ${batches}, step`),
          );
          images.set(toBytes(x, shape).subarray(0, kept * pixels), first * pixels);
          labels.push(...(told ?? []).slice(0, kept));
          done += kept;
        }
      } catch (error) {
        if (!(error instanceof Interrupted) || done === 0) throw error;
      } finally {
        steps.end();
      }
      const file = await writeSamples(flags.out, {
        images: {
          dtype: "u8",
          shape: [done, imageSize, imageSize, channels],
          data: images.subarray(0, done * pixels),
        },
        ...(classes !== undefined && {
          labels: { dtype: "i64", shape: [done], data: BigInt64Array.from(labels, BigInt) },
        }),
      });
      console.log(file);
      if (done < count) throw new Interrupted(`interrupted: ${done} of ${count} samples are in ${file}`);
    } finally {
      engine.close();
      await model.close();
      await classifier?.close();
    }
  });

export const registerSample = (program: Command): void => {
  const command = program
    .command("sample")
    .description("sample images, by a classifier's guidance where --classifier_path is given")
    .addOption(new Option("--model_path <file>", "the network: .pt, .safetensors or .npz").makeOptionMandatory())
    .option("--classifier_path <file>", "the classifier that guides");
  addOptions(command, [
    numberOption("classifier_scale", "how strongly it guides (default: the preset's, or 1)"),
    wholeOption("num_samples", "how many images").default(10000),
    wholeOption("batch_size", "how many at a time").default(16),
    booleanOption("use_ddim", "DDIM's steps in place of DDPM's").default(false),
    numberOption("eta", "how much of DDPM's noise DDIM adds").default(0),
    booleanOption("clip_denoised", "keep x₀ within [−1, 1]").default(true),
    wholeOption("class", "a label for all images; random ones by default", 0),
    wholeOption("seed", "samples are a function of it and of their index", 0).default(0),
  ]);
  command.requiredOption("--out <path>", "x.npz, or a folder for samples_<N>x<H>x<W>x<C>.npz");
  addDeviceFlags(addNetworkFlags(command, { classifier: true }));
  command.action((flags: SampleFlags) => sample(flags));
};
