/** `adm upsample` on a small network: images from images, and what it refuses of them. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeSafetensors } from "../../../../dsl/index.ts";
import { registerUpsample } from "../../../../examples/guided-diffusion/cli/upsample.ts";
import { fillParameters } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { superResConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { adm } from "../../../support/adm.ts";
import { readArrays } from "../../../support/npz.ts";

const goldens = fileURLToPath(new URL("../../../goldens/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "adm-upsample-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const flags = {
  large_size: 64,
  num_channels: 8,
  norm_groups: 8,
  num_res_blocks: 1,
  attention_resolutions: "",
  class_cond: true,
  num_classes: 1000,
  learn_sigma: true,
};
beforeAll(() => writeFileSync(at("sr.safetensors"), writeSafetensors(fillParameters(superResConfig(flags)))));

const upsample = (...argv: readonly string[]) =>
  adm(
    registerUpsample,
    "upsample",
    ...["--model_path", at("sr.safetensors"), "--device", "direct", "--timestep_respacing", "2"],
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    ...argv,
  );

test("enlarges each image by its own label, and writes images alone", async () => {
  const base = join(goldens, "samples_5x8x8x3.npz");
  const run = async (name: string, ...argv: readonly string[]) => {
    const { code, err, out } = await upsample("--base_samples", base, "--out", at(name), "--batch_size", "2", ...argv);
    expect([code, out], err).toEqual([0, `${at(name)}\n`]);
    return readArrays(at(name));
  };
  const two = await run("two.npz", "--num_samples", "2");
  expect(Object.keys(two)).toEqual(["arr_0"]);
  expect(two.arr_0).toMatchObject({ dtype: "u8", shape: [2, 64, 64, 3] });
  const one = await run("one.npz", "--num_samples", "1");
  expect(one.arr_0?.data).toEqual(two.arr_0?.data.slice(0, 64 * 64 * 3));
}, 60_000);

test("refuses base samples without labels, and files that are none", async () => {
  const before = readdirSync(folder);
  const cases = [
    [join(goldens, "samples_5x8x8x3.nolabels.npz"), "there are no labels (arr_1) in it"],
    [join(goldens, "fortran.npz"), "it must have arr_0, images of u8[count, height, width, channels]"],
    [at("none.npz"), "there is no such file or folder"],
  ] as const;
  for (const [file, message] of cases) {
    const { code, err } = await upsample("--base_samples", file, "--out", at("refused.npz"));
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  }
  expect(readdirSync(folder)).toEqual(before);
});
