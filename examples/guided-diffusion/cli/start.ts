/**
 * `npm start`: digits out of noise. A diffusion model makes four of each class with a classifier's guidance, and beside them
 * four from the same noise with none, by the weights that are in this repository.
 */

import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { writeFile } from "../files/file.ts";
import type { Batch } from "../images/grid.ts";
import { imageSheet } from "../plots/image-sheet.ts";
import { rasterise } from "../plots/rasterise.ts";
import { compareGuidance } from "../sampling/compare-guidance.ts";
import { type DeviceFlags, engineOf } from "./engine-of-flags.ts";
import { interruptible } from "./interruption.ts";
import { nextCommands } from "./next-commands.ts";
import { withWeights } from "./open-weights.ts";
import { addOptions, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { checkOut, inColor, toBytes } from "./samples.ts";
import { addDeviceFlags, type Given, guideOf, networkOf, scheduleOfFlags } from "./sampling-flags.ts";
import { type WeightFlags, weightFilesOf } from "./shipped-weights.ts";

interface StartFlags extends DeviceFlags {
  readonly seed: number;
  readonly out: string;
}

/** What is sampled, in the flags of `adm sample`. */
interface Shown extends Given, WeightFlags {
  readonly classifier_scale: number;
  /** Samples of each class, guided and not. */
  readonly each: number;
}

const digits: Shown = { preset: "mnist", timestep_respacing: "40", classifier_scale: 4, each: 4 };

/** Samples what is shown, and writes it to `samples.png` and `trajectory.png` in a folder. */
export const start = ({ seed, out, ...device }: StartFlags, shown = digits): Promise<void> =>
  interruptible(async (signal) => {
    const [samplesFile, trajectoryFile] = [path.join(out, "samples.png"), path.join(out, "trajectory.png")];
    for (const file of [samplesFile, trajectoryFile]) await checkOut(file);

    const { config, objective, imageSize, channels } = networkOf(shown);
    const guide = guideOf(shown, imageSize);
    const { model_path, classifier_path } = weightFilesOf(shown);
    const schedule = scheduleOfFlags(shown);
    const { classifier_scale: scale, each } = shown;
    const classes = guide.outChannels;
    /** In rows of one of each class. */
    const labels = Array.from({ length: each * classes }, (_, i) => i % classes);

    const engine = await engineOf(device);
    const progress = openProgress();
    try {
      process.stderr.write(`compiling for ${engine.description}\n`);
      const { guided, unguided, trajectory } = await withWeights(
        { model: [model_path, config], classifier: [classifier_path, guide] },
        (weights) =>
          compareGuidance(
            engine,
            {
              ...weights,
              sampling: { config, objective, clip: true, sampler: "ddpm", guide },
              ...{ schedule, image: [channels, imageSize, imageSize], labels, scale, eta: 0, seed, points: 10, signal },
            },
            (done, total) => progress.step(done, total, "step"),
          ),
      );
      progress.end();

      const size = channels * imageSize ** 2;
      const batchOf = (x: Float32Array): Batch => {
        const count = x.length / size;
        const data = toBytes(x, [count, channels, imageSize, imageSize]);
        return inColor({ dtype: "u8", shape: [count, imageSize, imageSize, channels], data });
      };
      const names = Array.from({ length: classes }, (_, label) => `${label}`);
      const samples = imageSheet({
        title: `${schedule.steps} steps from noise, seed ${seed}`,
        columns: classes,
        blocks: [
          { title: `guided to the class over each column, scale ${scale}`, over: names, images: batchOf(guided) },
          { title: "not guided, from the same noise", images: batchOf(unguided) },
        ],
      });

      const ways = new Float32Array(classes * trajectory.length * size);
      for (let label = 0; label < classes; label++)
        trajectory.forEach(({ x }, point) => {
          ways.set(x.subarray(label * size, (label + 1) * size), (label * trajectory.length + point) * size);
        });
      const steps = imageSheet({
        title: `One sample of each class on its way, scale ${scale}, seed ${seed}`,
        columns: trajectory.length,
        blocks: [
          {
            title: "after so many steps:",
            over: trajectory.map(({ done }) => `${done}`),
            before: names,
            images: batchOf(ways),
          },
        ],
      });

      await mkdir(out, { recursive: true });
      await writeFile(samplesFile, [await rasterise(samples)]);
      await writeFile(trajectoryFile, [await rasterise(steps)]);
      console.log(`${samplesFile}: ${each} of each class with guidance, and from the same noise without`);
      console.log(`${trajectoryFile}: how one of each came about`);
      console.log(`\nTo go on:\n`);
      for (const { what, command } of nextCommands) console.log(`# ${what}\n${command}`);
    } finally {
      progress.end();
      engine.close();
    }
  });

export const registerStart = (program: Command): void => {
  const command = program
    .command("start")
    .description("digits with and without guidance, by the weights that are here: what npm start runs");
  addOptions(command, [wholeOption("seed", "another seed makes other digits", 0).default(0)]);
  command.option("--out <folder>", "where samples.png and trajectory.png are written", ".");
  addDeviceFlags(command).action((flags: StartFlags) => start(flags));
};
