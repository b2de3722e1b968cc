/**
 * `npm start`: digits, or clothes, out of noise. A diffusion model makes four of each class with a classifier's guidance,
 * and beside them four from the same noise with none, by the weights that are in this repository.
 */

import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type Command, Option } from "commander";
import { classNames } from "../data/class-names.ts";
import { writeFile } from "../files/file.ts";
import { rasterise } from "../plots/rasterise.ts";
import { compareGuidance } from "../sampling/compare-guidance.ts";
import { type DeviceFlags, engineOf } from "./engine-of-flags.ts";
import { interruptible } from "./interruption.ts";
import { nextCommands } from "./next-commands.ts";
import { withWeights } from "./open-weights.ts";
import { addOptions, wholeOption } from "./options.ts";
import { openProgress } from "./progress.ts";
import { checkOut } from "./samples.ts";
import { addDeviceFlags, type Given, guideOf, networkOf, scheduleOfFlags } from "./sampling-flags.ts";
import { presetsWithWeights, type WeightFlags, weightFilesOf } from "./shipped-weights.ts";
import { samplesSheet, trajectorySheet } from "./start-sheets.ts";

interface StartFlags extends DeviceFlags {
  readonly preset?: string;
  readonly seed: number;
  readonly out: string;
}

/** What is sampled, in the flags of `adm sample`. */
interface Shown extends Given, WeightFlags {
  readonly classifier_scale: number;
  /** Samples of each class, guided and not. */
  readonly each: number;
}

const shownBy = (preset: string): Shown => ({ preset, timestep_respacing: "40", classifier_scale: 4, each: 4 });

/** Samples what is shown, and writes it to `samples.png` and `trajectory.png` in a folder. */
export const start = ({ seed, out, preset = "mnist", ...device }: StartFlags, shown = shownBy(preset)): Promise<void> =>
  interruptible(async (signal) => {
    const [samplesFile, trajectoryFile] = [path.join(out, "samples.png"), path.join(out, "trajectory.png")];
    for (const file of [samplesFile, trajectoryFile]) await checkOut(file);

    const { config, objective, imageSize, channels } = networkOf(shown);
    const guide = guideOf(shown, imageSize);
    const { model_path, classifier_path } = weightFilesOf(shown);
    const schedule = scheduleOfFlags(shown);
    const image = [channels, imageSize, imageSize] as const;
    const { classifier_scale: scale, each } = shown;
    const classes = guide.outChannels;
    /** In rows of one of each class. */
    const labels = Array.from({ length: each * classes }, (_, i) => i % classes);

    const engine = await engineOf(device);
    const progress = openProgress();
    try {
      process.stderr.write(`compiling for ${engine.description}\n`);
      const comparison = await withWeights(
        { model: [model_path, config], classifier: [classifier_path, guide] },
        (weights) => {
          const sampling = { config, objective, clip: true, sampler: "ddpm", guide } as const;
          const task = { ...weights, sampling, schedule, image, labels, scale, eta: 0, seed, points: 10, signal };
          return compareGuidance(engine, task, (done, total) => progress.step(done, total, "step"));
        },
      );
      progress.end();

      const names = classNames(shown.preset, classes);
      const compared = { comparison, image, names, steps: schedule.steps, scale, seed };
      await mkdir(out, { recursive: true });
      await writeFile(samplesFile, [await rasterise(await samplesSheet(compared))]);
      await writeFile(trajectoryFile, [await rasterise(await trajectorySheet(compared))]);
      console.log(`${samplesFile}: ${each} of each class with guidance, and from the same noise without`);
      console.log(`${trajectoryFile}: how one of each came about`);
      console.log("\nTo go on:\n");
      for (const { what, command } of nextCommands(preset)) console.log(`# ${what}\n${command}`);
    } finally {
      progress.end();
      engine.close();
    }
  });

export const registerStart = (program: Command): void => {
  const command = program
    .command("start")
    .description("images with and without guidance, by the weights that are here: what npm start runs");
  command.addOption(new Option("--preset <name>", "digits, or clothes").choices(presetsWithWeights).default("mnist"));
  addOptions(command, [wholeOption("seed", "another seed makes other images", 0).default(0)]);
  command.option("--out <folder>", "where samples.png and trajectory.png are written", ".");
  addDeviceFlags(command).action((flags: StartFlags) => start(flags));
};
