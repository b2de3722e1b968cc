/** `--config`: what wins over what, and what is refused with the file and the key. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { numberOption } from "../../../../examples/guided-diffusion/cli/options.ts";
import {
  addDeviceFlags,
  addNetworkFlags,
  guideFlagsOf,
  networkFlagsOf,
  networkOf,
  scheduleOfFlags,
} from "../../../../examples/guided-diffusion/cli/sampling-flags.ts";
import { registerTrain, registerTrainClassifier } from "../../../../examples/guided-diffusion/cli/train.ts";
import { classifierConfig, unetConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { presets } from "../../../../examples/guided-diffusion/networks/presets.ts";
import { adm } from "../../../support/adm.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, "config.json");
const write = (config: unknown): string => {
  writeFileSync(file, typeof config === "string" ? config : JSON.stringify(config));
  return file;
};

/** The flags that an action is given. */
const flagsOf = async (...argv: readonly string[]): Promise<Record<string, unknown>> => {
  let given: Record<string, unknown> | undefined;
  const { err } = await adm(
    (program) => {
      const command = program.command("show").addOption(numberOption("lr", "").default(1));
      addDeviceFlags(addNetworkFlags(command)).action((flags) => {
        given = flags;
      });
    },
    "show",
    ...argv,
  );
  expect(err).toBe("");
  return given ?? {};
};

test("flags of a file are those of the command line", async () => {
  const flags = await flagsOf(
    "--config",
    write({ image_size: 32, channel_mult: "1,2", learn_sigma: true, noise_schedule: "cosine", lr: 0.1 }),
  );
  expect(flags).toMatchObject({ lr: 0.1, learn_sigma: true });
  expect(networkOf(flags).config).toEqual(unetConfig({ image_size: 32, channel_mult: "1,2", learn_sigma: true }));
  const [direct] = scheduleOfFlags(await flagsOf("--noise_schedule", "cosine")).alphaBar;
  expect(scheduleOfFlags(flags).alphaBar[0]).toBe(direct);
});

test("flags that are given win over the file, before it and after it, and the file over its preset", async () => {
  write({ preset: "mnist", num_channels: 64, dropout: 0.1, lr: 0.1 });
  for (const argv of [
    ["--dropout", "0.2", "--config", file],
    ["--config", file, "--dropout=0.2"],
  ]) {
    const flags = await flagsOf(...argv);
    expect(flags).toMatchObject({ dropout: 0.2, lr: 0.1 });
    expect(networkOf(flags).config).toEqual(unetConfig({ ...presets.mnist.flags, num_channels: 64, dropout: 0.2 }));
  }
  expect(networkOf(await flagsOf("--config", file, "--preset", "fashion")).config).toEqual(
    unetConfig({ ...presets.fashion.flags, num_channels: 64, dropout: 0.1 }),
  );
});

test("what a run says of its network describes it again, and the classifier that guides it", async () => {
  const flags = await flagsOf("--preset", "mnist", "--num_channels", "16", "--lr", "2");
  const said = networkFlagsOf(flags);
  expect(said).toMatchObject({ num_channels: 16, noise_schedule: "cosine", image_size: 28 });
  expect(said).not.toHaveProperty("lr");
  const again = await flagsOf("--config", write(said));
  expect(networkOf(again)).toEqual(networkOf(flags));
  expect(scheduleOfFlags(again)).toEqual(scheduleOfFlags(flags));

  const guide = guideFlagsOf({ preset: "mnist", classifier_width: 16 });
  expect(classifierConfig(guide)).toEqual(
    classifierConfig({ ...presets.mnist.classifier?.flags, classifier_width: 16 }),
  );
  expect(scheduleOfFlags(guide)).toEqual(scheduleOfFlags(flags));
});

test("flags that must be given may be given there", async () => {
  const missing = await adm(
    registerTrain,
    "train",
    "--config",
    write({ data_dir: "nowhere", out: join(folder, "run") }),
  );
  expect(missing.err).toContain("required option '--steps <count>' not specified");
  const { err, code } = await adm(registerTrain, "train", "--config", file, "--steps", "1");
  expect(err).toContain("nowhere: there is no such data set");
  expect(code).toBe(2);
});

test.each<[what: string, config: unknown, message: string]>([
  ["an unknown key", { num_chanels: 8 }, "train has no flag num_chanels; did you mean num_channels?"],
  ["a key of another command", { classifier_width: 8 }, "train has no flag classifier_width"],
  ["a name that all objects have", '{"__proto__": 1}', "train has no flag __proto__"],
  ["a number as text", { num_channels: "8" }, 'num_channels is "8"; write 8'],
  ["text as a number", { attention_resolutions: 7 }, 'attention_resolutions is 7; write "7"'],
  ["a list", { channel_mult: [1, 2] }, 'channel_mult is [1,2]; write "1,2"'],
  ["a boolean in words", { learn_sigma: "yes" }, 'learn_sigma is "yes"; write true'],
  ["a boolean for a number", { lr: true }, "lr is true; it must be a number"],
  ["nothing", { out: null }, "out is null; it must be a number, text, true or false"],
  ["a number that it may not be", { batch_size: 2.5 }, "batch_size is 2.5; it must be a whole number from 1 up"],
  [
    "a word that it may not be",
    { noise_schedule: "cos" },
    'noise_schedule is "cos"; Allowed choices are linear, cosine.',
  ],
  ["what is no JSON", "{", "it is no JSON ("],
  ["a list of flags", [], 'it must be flags by name, such as {"preset": "mnist"'],
])("%s is refused", async (_, config, message) => {
  const { code, err } = await adm(registerTrain, "train", "--config", write(config), "--steps", "1");
  expect(err).toContain(`--config ${file}: ${message}`);
  expect(code).toBe(2);
});

test("a file that cannot be read is named", async () => {
  const run = (name: string) => adm(registerTrainClassifier, "train-classifier", "--config", join(folder, name));
  expect(await run("none.json")).toMatchObject({
    code: 2,
    err: `${join(folder, "none.json")}: there is no such file or folder\n`,
  });
  mkdirSync(join(folder, "folder"));
  expect(await run("folder")).toMatchObject({ code: 2, err: `${join(folder, "folder")}: it is a folder\n` });
});
