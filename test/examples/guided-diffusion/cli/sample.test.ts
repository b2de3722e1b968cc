/** `adm sample` on a small network: what it writes, that batches do not show, and what it refuses. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesSource } from "../../../../dsl/bytes.ts";
import { type Host, writeSafetensors } from "../../../../dsl/index.ts";
import { registerSample } from "../../../../examples/guided-diffusion/cli/sample.ts";
import { decodeImage } from "../../../../examples/guided-diffusion/images/decode.ts";
import { fillParameters } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { classifierConfig } from "../../../../examples/guided-diffusion/networks/flags.ts";
import { adm, tinyFlags, watched } from "../../../support/adm.ts";
import { readArrays } from "../../../support/npz.ts";

const tiny = fileURLToPath(new URL("../../../goldens/tiny.pt", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "adm-sample-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const guideFlags = [
  ...["--classifier_width", "32", "--classifier_depth", "1", "--classifier_channel_mult", "1"],
  ...["--classifier_attention_resolutions=", "--classifier_head_channels", "16"],
];
const guided = ["--classifier_path", at("guide.safetensors"), ...guideFlags];
beforeAll(() => {
  const config = classifierConfig({
    image_size: 8,
    classifier_width: 32,
    classifier_depth: 1,
    classifier_channel_mult: "1",
    classifier_attention_resolutions: "",
    classifier_head_channels: 16,
    num_classes: 3,
  });
  writeFileSync(at("guide.safetensors"), writeSafetensors(fillParameters(config)));
});

const wasm = ["--device", "wasm", "--threads", "1"];
const sample = (...argv: readonly string[]) =>
  adm(registerSample, "sample", "--model_path", tiny, ...tinyFlags, "--num_samples", "3", ...argv);

const largestGap = (a: Host | undefined, b: Host | undefined): number =>
  Math.max(...Array.from(a?.data as Uint8Array, (byte, i) => Math.abs(byte - Number(b?.data[i]))));

test("writes images and labels, which are the same in batches of 1 and of 2, and on a device", async () => {
  const run = async (name: string, ...argv: readonly string[]) => {
    const short = ["--timestep_respacing", "5", "--seed", "7", "--out", at(`${name}.npz`)];
    const { code, out, err } = await sample(...short, ...argv);
    expect([code, out]).toEqual([0, `${at(`${name}.npz`)}\n`]);
    expect(err).toMatch(/step \d+\/\d+/);
    return readArrays(at(`${name}.npz`));
  };
  const one = await run("one", "--device", "direct", "--batch-size", "1");
  expect(Object.keys(one)).toEqual(["arr_0", "arr_1"]);
  expect(one.arr_0).toMatchObject({ dtype: "u8", shape: [3, 8, 8, 3] });
  expect(one.arr_1).toMatchObject({ dtype: "i64", shape: [3] });
  expect(new Set(one.arr_0?.data as Uint8Array).size).toBeGreaterThan(10);
  expect(await run("two", "--device", "direct", "--batch_size", "2")).toEqual(one);

  const device = await run("device", ...wasm, "--batch_size", "2");
  expect(device.arr_1).toEqual(one.arr_1);
  expect(largestGap(device.arr_0, one.arr_0)).toBeLessThanOrEqual(1);
}, 60_000);

test("guides by a classifier, and not at scale 0; names the file in a folder as the original does", async () => {
  const ddim = ["--timestep_respacing", "ddim5", "--use_ddim", "True", "--batch_size", "3", "--class", "2"];
  const run = async (name: string, ...argv: readonly string[]) => {
    const { code, out } = await sample(...ddim, ...argv, "--out", at(name));
    expect([code, out]).toEqual([0, `${at(`${name}/samples_3x8x8x3.npz`)}\n`]);
    return readArrays(at(`${name}/samples_3x8x8x3.npz`));
  };
  const plain = await run("plain", "--device", "direct");
  const none = await run("none", "--device", "direct", ...guided, "--classifier_scale", "0");
  const strong = await run("strong", ...wasm, ...guided, "--classifier_scale", "10");
  expect(plain.arr_1?.data).toEqual(BigInt64Array.of(2n, 2n, 2n));
  expect(none).toEqual(plain);
  expect(strong.arr_0).not.toEqual(plain.arr_0);
  const direct = await run("direct", "--device", "direct", ...guided, "--classifier_scale", "10");
  expect(largestGap(strong.arr_0, direct.arr_0)).toBeLessThanOrEqual(1);
}, 60_000);

test("writes a sheet of all images where the file is a .png", async () => {
  const short = ["--device", "direct", "--timestep_respacing", "3", "--batch_size", "3"];
  expect((await sample(...short, "--out", at("sheet.npz"))).code).toBe(0);
  expect((await sample(...short, "--out", at("sheet.png"))).code).toBe(0);
  const { shape, data } = await decodeImage(bytesSource(readFileSync(at("sheet.png")), "sheet.png"));
  const { arr_0: images } = await readArrays(at("sheet.npz"));
  expect(shape).toEqual([18, 18, 3]);
  expect(data.subarray(0, 24)).toEqual(new Uint8Array(images?.data.slice(0, 24) as Uint8Array));
}, 20_000);

test.each([
  ["a word for a boolean", ["--use_ddim", "maybe"], "it must be yes, true, t, y or 1"],
  ["a count of none", ["--batch_size", "0"], "it must be a whole number from 1 up"],
  ["a flag that is not there", ["--steps", "4"], "unknown option '--steps'"],
  ["a respacing that is not there", ["--timestep_respacing", "ddim37"], 'respacing "ddim37": no whole stride'],
  ["more steps than there are", ["--timestep_respacing", "101"], "cannot give 101"],
  ["a schedule that is not there", ["--noise_schedule", "square"], "Allowed choices are linear, cosine"],
  ["a label out of range", ["--class", "3"], "--class 3: there are 3 classes, 0 to 2"],
  ["another network", ["--num_channels", "64"], "the checkpoint is of another network than the flags describe"],
  ["a scale without a classifier", ["--classifier_scale", "1"], "--classifier_scale needs --classifier_path"],
  [
    "a classifier of another network",
    ["--classifier_path", tiny, ...guideFlags],
    "the checkpoint is of another network",
  ],
  ["a preset that is not there", ["--preset", "65"], "Allowed choices are 64, 128, 256"],
  ["a device that is not there", ["--device", "gpu"], "Allowed choices are wasm, webgpu, software, direct"],
  ["a checkpoint that is not there", ["--model_path", "none.pt"], "none.pt: there is no such file"],
])("refuses %s, with 2 and no file", async (_, argv, message) => {
  const before = readdirSync(folder);
  const { code, err } = await sample("--device", "direct", "--out", at("refused.npz"), ...argv);
  expect(err).toContain(message);
  expect(code).toBe(2);
  expect(readdirSync(folder)).toEqual(before);
});

test("refuses a place that cannot be written before anything is computed", async () => {
  writeFileSync(at("file"), "");
  for (const out of [at("file"), at("file/x.npz"), at("guide.safetensors")]) {
    const { code, err } = await sample("--device", "direct", "--out", out);
    expect(err).toMatch(/^--out .*\n$/);
    expect(code).toBe(2);
  }
  expect(existsSync(at("file/x.npz"))).toBe(false);
});

test("writes the whole batches that are done when it is interrupted, and no file where none is", async () => {
  const run = (name: string, said: string) => {
    const short = ["--device", "direct", "--batch_size", "1", "--num_samples", "3", "--timestep_respacing", "3"];
    const argv = ["sample", "--model_path", tiny, ...tinyFlags, ...short, "--out", at(name)];
    return watched(registerSample, argv, (text) => text.includes(said) && process.emit("SIGINT"));
  };
  const before = readdirSync(folder);
  const early = await run("early.npz", "batch 1 of 3");
  expect([early.code, early.err.endsWith("interrupted\n")]).toEqual([130, true]);
  expect(readdirSync(folder)).toEqual(before);

  const late = await run("late.npz", "batch 3 of 3");
  expect([late.code, late.out]).toEqual([130, `${at("late.npz")}\n`]);
  expect(late.err).toContain(`interrupted: 2 of 3 samples are in ${at("late.npz")}`);
  expect((await readArrays(at("late.npz"))).arr_0?.shape).toEqual([2, 8, 8, 3]);
  expect(process.listenerCount("SIGINT")).toBe(0);
}, 60_000);
