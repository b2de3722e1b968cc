/** `adm sweep`: what guidance gives and takes, scale by scale, from the same noise. */

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Dataset } from "../data/dataset.ts";
import { datasets, type Part } from "../data/packages.ts";
import { featureReference } from "../evaluation/feature-reference.ts";
import { statisticsOf } from "../evaluation/statistics.ts";
import { measureTradeOff } from "../evaluation/trade-off.ts";
import { writeFile } from "../files/file.ts";
import { rasterise } from "../plots/rasterise.ts";
import { tradeOffPlot } from "../plots/trade-off-plot.ts";
import { openSampler, type SampleBatch } from "../sampling/sample-images.ts";
import { engineOf } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { type FeatureFlags, featureNetwork, filesDigest } from "./feature-network.ts";
import { interruptible } from "./interruption.ts";
import { withWeights } from "./open-weights.ts";
import { addOptions, wholeOption } from "./options.ts";
import { processDigest } from "./process-digest.ts";
import { openProgress } from "./progress.ts";
import { checkOut, toBytes } from "./samples.ts";
import {
  addDeviceFlags,
  addNetworkFlags,
  type Given,
  guideOf,
  networkOf,
  samplerOptions,
  scheduleOfFlags,
} from "./sampling-flags.ts";
import { type WeightFlags, weightFilesOf } from "./shipped-weights.ts";
import {
  csvOf,
  featuresText,
  rowOf,
  rowsOfCsv,
  type SweepKey,
  type SweepRow,
  samplersOf,
  tableOf,
  withRow,
} from "./sweep-rows.ts";

interface SweepFlags extends Given, WeightFlags, FeatureFlags {
  readonly scales: readonly number[];
  readonly samples: number;
  readonly batch_size: number;
  readonly use_ddim: boolean;
  readonly eta: number;
  readonly clip_denoised: boolean;
  readonly seed: number;
  readonly out: string;
}

const sweep = async (flags: SweepFlags, signal: AbortSignal): Promise<void> => {
  const { scales, samples, seed, out, use_ddim, eta, clip_denoised: clip } = flags;
  const { config, objective, imageSize, channels } = networkOf(flags);
  const guide = guideOf(flags, imageSize);
  const schedule = scheduleOfFlags(flags);
  const image = [channels, imageSize, imageSize] as const;
  const { model_path, classifier_path } = weightFilesOf(flags);
  if (classifier_path === undefined)
    throw new UsageError("--classifier_path is missing: it is its guidance that is swept");
  const classes = guide.outChannels;
  if (samples < 2 * classes)
    throw new UsageError(`--samples ${samples}: it takes ${2 * classes} at least, two of each of ${classes} classes`);
  await checkOut(join(out, "sweep.png"));
  const csv = join(out, "sweep.csv");
  let rows = existsSync(csv) ? rowsOfCsv(readFileSync(csv, "utf8"), csv) : [];

  const engine = await engineOf(flags);
  const closes = [engine.close];
  const progress = openProgress();
  try {
    const network = featureNetwork(flags, engine, image);
    closes.push(network.close);
    const labels = Array.from({ length: samples }, (_, i) => i % classes);
    const common: Omit<SweepKey, "scale"> = {
      sampler: [use_ddim ? "ddim" : "ddpm", ...(eta > 0 ? [`η ${eta}`] : []), ...(clip ? [] : ["unclipped"])].join(" "),
      steps: schedule.steps,
      samples,
      seed,
      process: processDigest({ schedule, image, config, objective, guide }),
      weights: filesDigest(model_path, classifier_path),
      features: network.name,
      reference: `${flags.data_dir} test`,
    };
    const missing = scales.filter((scale) => rowOf(rows, { ...common, scale }) === undefined);
    if (missing.length > 0) {
      mkdirSync(out, { recursive: true });
      process.stderr.write(`${schedule.steps} steps on ${engine.description}; compiling\n`);
      const reference = await featureReference({
        file: join(out, "reference.safetensors"),
        about: { reference: common.reference, features: network.name },
        count: samples,
        dataset: () => (datasets[flags.data_dir] as (part: Part) => Dataset)("test"),
        extract: network.open,
      });
      const extract = await network.open();
      const batch = Math.min(flags.batch_size, samples);
      await withWeights({ model: [model_path, config], classifier: [classifier_path, guide] }, async (weights) => {
        const sampler = await openSampler(engine, {
          ...weights,
          sampling: { config, objective, clip, sampler: use_ddim ? "ddim" : "ddpm", guide },
          ...{ schedule, image, batch, scale: 0, eta, seed, signal },
        });
        for (const [i, scale] of missing.entries()) {
          const task = { sampler, image, batch, labels, scale };
          const data = await sampleScale(task, (done, total) =>
            progress.step(i * total + done, missing.length * total, `scale ${scale}, step`),
          );
          const features = await extract({ dtype: "u8", shape: [samples, imageSize, imageSize, channels], data });
          const found = await measureTradeOff(
            reference,
            statisticsOf(features.pool, `samples of scale ${scale}`),
            features,
            network.knowsClasses ? labels : undefined,
          );
          rows = withRow(rows, { ...common, scale, ...found });
          await writeFile(csv, [new TextEncoder().encode(csvOf(rows))]);
        }
      });
      progress.end();
    }
    const alike = ["samples", "seed", "weights", "features", "reference"] as const;
    const shown = rows.filter((row) => alike.every((key) => row[key] === common[key]));
    console.log(tableOf(shown));
    for (const file of [csv, ...(await drawSweep(out, shown))]) console.log(file);
  } finally {
    progress.end();
    for (const close of closes) close();
  }
};

interface ScaleTask {
  readonly sampler: SampleBatch;
  readonly image: readonly [number, number, number];
  readonly batch: number;
  readonly labels: readonly number[];
  readonly scale: number;
}

/** All samples of one scale as bytes. A sample is the same in every batch, so the last is filled up with more of them. */
const sampleScale = async (
  { sampler, image, batch, labels, scale }: ScaleTask,
  onStep: (done: number, total: number) => void,
): Promise<Uint8Array> => {
  const count = labels.length;
  const size = image[0] * image[1] * image[2];
  const data = new Uint8Array(count * size);
  const batches = Math.ceil(count / batch);
  for (let i = 0; i < batches; i++) {
    const first = i * batch;
    const own = Array.from({ length: batch }, (_, j) => labels[(first + j) % count] as number);
    const x = await sampler({ first, labels: own, scale }, (done, steps) => onStep(i * steps + done, batches * steps));
    data.set(toBytes(x, [batch, ...image]).subarray(0, data.length - first * size), first * size);
  }
  return data;
};

/** `sweep.svg` and `sweep.png`: a line for each sampler. */
const drawSweep = async (out: string, rows: readonly SweepRow[]): Promise<string[]> => {
  const [first] = rows;
  if (first === undefined) return [];
  const samplers: Record<string, SweepRow[]> = {};
  const names = samplersOf(rows);
  for (const [i, row] of rows.entries()) {
    const name = names[i] as string;
    samplers[name] = [...(samplers[name] ?? []), row];
  }
  const svg = tradeOffPlot({
    title: "Guidance by a classifier: what it gives, and what it takes",
    about: `${first.samples} samples a scale against ${first.reference}, ${featuresText(first.features)}`,
    samplers,
  });
  const files = [join(out, "sweep.svg"), join(out, "sweep.png")] as const;
  await writeFile(files[0], [new TextEncoder().encode(svg)]);
  await writeFile(files[1], [await rasterise(svg)]);
  return [...files];
};

const parseScales = (text: string): number[] => {
  const scales = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (!scales.every((scale) => Number.isFinite(scale) && scale >= 0))
    throw new InvalidArgumentError("it must be numbers from 0 up, with commas");
  return [...new Set(scales)].sort((a, b) => a - b);
};

export const registerSweep = (program: Command): void => {
  const command = program
    .command("sweep")
    .description("sample with one guidance scale after the other, and measure what it gives and takes")
    .addOption(
      new Option("--scales <numbers>", "guidance scales, with commas")
        .argParser(parseScales)
        .default([0, 1, 2, 4, 8, 16], "0,1,2,4,8,16"),
    )
    .option("--model_path <file>", "the network (default: the preset's, if it is here)")
    .option("--classifier_path <file>", "the classifier that guides (default: the preset's, if it is here)")
    .option("--features <file>", "the network of features, by train-features (default: the data set's, if it is here)")
    .option("--inception <file>", "Inception in its place: the checkpoint that adm evaluate takes")
    .addOption(
      new Option(
        "--data_dir <name>",
        "the data set whose test images samples are compared with (default: the preset's, or mnist)",
      ).choices(Object.keys(datasets)),
    );
  addOptions(command, [
    wholeOption("samples", "samples of each scale").default(500),
    wholeOption("batch_size", "how many at a time").default(50),
    ...samplerOptions(),
    wholeOption("seed", "of all scales: they begin with the same noise", 0).default(0),
  ]);
  command.requiredOption(
    "--out <folder>",
    "for sweep.csv, whose rows are not computed again, sweep.svg, sweep.png and reference.safetensors",
  );
  addDeviceFlags(addNetworkFlags(command, { classifier: true }));
  command.action((flags: SweepFlags) =>
    interruptible((signal) => {
      const preset = flags.preset ?? (flags.model_path === undefined ? "mnist" : undefined);
      const given = flags.data_dir as string | undefined;
      const data_dir = given ?? (preset !== undefined && preset in datasets ? preset : "mnist");
      return sweep({ ...flags, preset, data_dir }, signal);
    }),
  );
};
