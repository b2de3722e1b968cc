/** `adm train` and `adm train-classifier`: what they refuse before anything is made. */

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { registerTrain, registerTrainClassifier } from "../../../../examples/guided-diffusion/cli/train.ts";
import { adm } from "../../../support/adm.ts";
import { writeTrainingImages } from "../../../support/training-images.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-train-"));
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  await writeTrainingImages(at("images"), 4, 8);
  writeFileSync(at("file"), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

const unet = ["--image_size", "8", "--num_channels", "8", "--channel_mult", "1", "--norm_groups", "4"];
const common = ["--data_dir", at("images"), "--steps", "1", "--batch_size", "2", "--out", at("run")];
const train = (...flags: readonly string[]) => adm(registerTrain, "train", ...unet, ...common, ...flags);
const trainClassifier = (...flags: readonly string[]) =>
  adm(
    registerTrainClassifier,
    "train-classifier",
    "--image_size",
    "8",
    "--classifier_channel_mult",
    "1",
    "--norm_groups",
    "4",
    ...common,
    ...flags,
  );

test.each([
  [
    "an unknown set",
    () => train("--data_dir", "nowhere"),
    "nowhere: there is no such data set, and no folder of images",
  ],
  [
    "a microbatch that divides nothing",
    () => train("--batch_size", "4", "--microbatch", "3"),
    "it must divide --batch_size",
  ],
  [
    "more classes than the network has",
    () => trainClassifier("--num_classes", "1"),
    "has 2 classes, and the network 1; set --num_classes 2",
  ],
  ["held-out images that are trained on", () => train("--held_out", "2"), "say which images by --held_out_dir"],
  [
    "rates of averages that are none",
    () => train("--ema_rate", "1.5"),
    "each must be a number from 0 up to, but not, 1",
  ],
  ["plain loops", () => train("--device", "direct"), "runs compiled programs alone"],
  [
    "a flag of networks, for a classifier",
    () => trainClassifier("--num_channels", "8"),
    "unknown option '--num_channels'",
  ],
])("%s is refused", async (_, run, message) => {
  const { code, err } = await run();
  expect(err).toContain(message);
  expect(code).toBe(2);
});

test("nothing is made where flags are refused; a file is no folder for a run", async () => {
  await train("--data_dir", "nowhere", "--out", at("never"));
  expect(existsSync(at("never"))).toBe(false);
  const { code, err } = await train("--out", at("file"));
  expect(err).toContain(`${at("file")}: it is a file, and must be a folder`);
  expect(code).toBe(2);
});

test("what cannot be written is named, with what is left of the run", async () => {
  mkdirSync(at("taken/losses.csv"), { recursive: true });
  const { code, err } = await train("--device", "wasm", "--threads", "1", "--out", at("taken"));
  expect(err).toContain(`${at("taken/losses.csv")}: it is a folder; nothing of the run is saved\n`);
  expect(code).toBe(2);
});
