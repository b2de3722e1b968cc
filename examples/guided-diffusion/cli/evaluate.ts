/** `adm evaluate`: the numbers of the original's evaluator, of samples against a reference batch. */

import { constants } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { openDistances } from "../evaluation/distances.ts";
import { type Evaluation, evaluate as evaluateImages } from "../evaluation/evaluate.ts";
import { openInception } from "../evaluation/extract.ts";
import type { ImageSet } from "../evaluation/images.ts";
import { readReference } from "../evaluation/reference.ts";
import { type Checkpoint, openCheckpoint } from "../files/checkpoint.ts";
import { openFile, writeFile } from "../files/file.ts";
import { readNpz } from "../files/npz.ts";
import type { Target } from "../plans/load-compiled.ts";
import { type DeviceFlags, targetOf } from "./engine-of-flags.ts";
import { UsageError } from "./faults.ts";
import { openImageSet } from "./image-set.ts";
import { inceptionOf } from "./inception-weights.ts";
import { interruptible } from "./interruption.ts";
import { addOptions, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { isFolder } from "./samples.ts";
import { addDeviceFlags } from "./sampling-flags.ts";

interface EvaluateFlags extends DeviceFlags {
  readonly inception: string;
  readonly batch_size: number;
  readonly out?: string;
}

/** Names of the numbers, in files and in the order and words in which the original prints them. */
const numbers = [
  ["inceptionScore", "inception_score", "Inception Score"],
  ["fid", "fid", "FID"],
  ["sfid", "sfid", "sFID"],
  ["precision", "precision", "Precision"],
  ["recall", "recall", "Recall"],
] as const satisfies readonly (readonly [keyof Evaluation, string, string])[];

/** Pool features of Inception. */
const width = 2048;
/** Distances between more images than these are left to the device. */
const block = 1024;
/** An image, and the three nearest others, which precision and recall are about. */
const fewest = 4;

/** @throws UsageError for images that the network does not take, or that cannot be compared */
const checkSets = (reference: ImageSet, samples: ImageSet): void => {
  for (const [what, { shape }] of [["the reference", reference] as const, ["the samples", samples] as const]) {
    if (shape[3] !== 3) throw new UsageError(`${what}: images of ${shape[3]} channels; Inception takes 3`);
    if (shape[0] < fewest)
      throw new UsageError(`${what}: ${shape[0]} images; it takes ${fewest} at least, and thousands to mean much`);
  }
  const [a, b] = [reference.shape, samples.shape];
  if (a[1] !== b[1] || a[2] !== b[2])
    throw new UsageError(
      `the samples are ${b[1]} × ${b[2]}, and the reference is ${a[1]} × ${a[2]}; compare with one of their size`,
    );
};

const textOf = (found: Evaluation): string =>
  numbers.flatMap(([key, , text]) => (found[key] === undefined ? [] : [`${text}: ${found[key]}`])).join("\n");

const jsonOf = (found: Evaluation, about: object): string =>
  `${JSON.stringify({ ...Object.fromEntries(numbers.map(([key, name]) => [name, found[key]])), ...about }, undefined, 2)}\n`;

/** What goes through the network, with its progress. */
const measure = async (
  target: Target,
  weights: Checkpoint,
  reference: Awaited<ReturnType<typeof readReference>>,
  samples: ImageSet,
  batch: number,
  signal: AbortSignal,
): Promise<Evaluation> => {
  const [, height, wide] = samples.shape;
  process.stderr.write(`Inception on ${target.device.description}; compiling\n`);
  const extract = await openInception([height, wide], { ...target, weights, batch });
  const isLarge = Math.max(reference.images.shape[0], samples.shape[0]) > block;
  const distances = isLarge ? await openDistances(width, { ...target, block }) : undefined;
  // Eigenvalues are as many as the rank of the reference's covariance, which is below the number of its images.
  const isLong = reference.statistics !== undefined || reference.images.shape[0] >= width;
  const progress = openProgress();
  try {
    return await evaluateImages(reference, samples, extract, {
      batch,
      block,
      ...(distances && { distances }),
      onProgress: (set, done, total) => {
        signal.throwIfAborted();
        progress.step(done, total, `images of the ${set}`);
        if (set === "samples" && done === total)
          progress.say(`comparing ${width} features an image${isLong ? ", which takes minutes" : ""}`);
      },
    });
  } finally {
    progress.end();
  }
};

const evaluate = (referenceFile: string, sampleNames: readonly string[], flags: EvaluateFlags): Promise<void> =>
  interruptible(async (signal) => {
    if (flags.out !== undefined) {
      if (await isFolder(flags.out))
        throw new UsageError(`--out ${flags.out}: it is a folder; name a file in it, such as numbers.json`);
      await access(path.dirname(path.resolve(flags.out)), constants.W_OK | constants.X_OK);
    }
    const closes: (() => void | Promise<void>)[] = [];
    const opened = async (file: string) => {
      const source = await openFile(file);
      closes.push(source.close);
      return source;
    };
    try {
      const reference = await readReference(await readNpz(await opened(referenceFile)), referenceFile);
      const { images: samples, close } = await openImageSet(sampleNames);
      closes.push(close);
      checkSets(reference.images, samples);
      const weights = inceptionOf(await openCheckpoint(await opened(flags.inception)));
      const target = await targetOf(flags, signal);
      closes.push(target.device.close);
      const batch = Math.min(flags.batch_size, Math.max(reference.images.shape[0], samples.shape[0]));
      const found = await measure(target, weights, reference, samples, batch, signal);
      console.log(textOf(found));
      if (flags.out === undefined) return;
      const about = { reference: referenceFile, samples: sampleNames, count: samples.shape[0] };
      await writeFile(flags.out, [new TextEncoder().encode(jsonOf(found, about))]);
    } catch (error) {
      // Arrays of another form than an archive must have.
      if (error instanceof TypeError && error.message.startsWith(referenceFile)) throw new UsageError(error.message);
      if (error instanceof TypeError && error.message.startsWith(sampleNames[0] as string))
        throw new UsageError(error.message);
      throw error;
    } finally {
      for (const close of closes.reverse()) await close();
    }
  });

export const registerEvaluate = (program: Command): void => {
  const command = program
    .command("evaluate")
    .description("compare samples with a reference batch: Inception Score, FID, sFID, precision and recall")
    .argument("<reference>", "a .npz: images (arr_0), and perhaps statistics of the whole data set (mu, sigma, …)")
    .argument("<samples...>", "a .npz such as sample writes, or .png and .jpg files and folders of them")
    .requiredOption("--inception <file>", "weights of the FID Inception-v3, under torchvision's names");
  addOptions(command, [wholeOption("batch_size", "images at a time").default(16)]);
  command.option("--out <file>", "a .json for the numbers");
  addDeviceFlags(command);
  command.action((reference: string, samples: readonly string[], flags: EvaluateFlags) =>
    evaluate(reference, samples, flags),
  );
};
