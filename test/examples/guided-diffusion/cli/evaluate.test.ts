/**
 * `adm evaluate`: what it prints and writes, and what it refuses. A few sums stand for Inception, whose matrices of 2048 × 2048
 * take a minute; `inception.test.ts` has the network, `evaluate.test.ts` the numbers.
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Host, writeSafetensors } from "../../../../dsl/index.ts";
import { registerEvaluate } from "../../../../examples/guided-diffusion/cli/evaluate.ts";
import type { Extract } from "../../../../examples/guided-diffusion/evaluation/extract.ts";
import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import { inceptionShapes } from "../../../../examples/guided-diffusion/evaluation/inception-parameters.ts";
import { writeFile } from "../../../../examples/guided-diffusion/files/file.ts";
import { npzChunks } from "../../../../examples/guided-diffusion/files/npz-writer.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { encodePng } from "../../../../examples/guided-diffusion/images/encode.ts";
import { spread } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { adm } from "../../../support/adm.ts";

vi.mock("../../../../examples/guided-diffusion/evaluation/extract.ts", () => ({
  openInception: async (): Promise<Extract> => async (images) => {
    const features = (power: number): Features => {
      const data = Float32Array.from(images.data, (x) => (x / 255) ** power);
      return { dtype: "f32", shape: [images.shape[0], data.length / images.shape[0]], data };
    };
    return { pool: features(1), spatial: features(2), logits: features(3) };
  },
}));

const folder = mkdtempSync(join(tmpdir(), "adm-evaluate-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

/** All keys with their shapes. */
const inceptionWeights = (): Record<string, Host> =>
  Object.fromEntries(
    Object.entries(inceptionShapes).map(([key, shape]) => {
      const count = shape.reduce((size, dim) => size * dim, 1);
      return [key, { dtype: "f32", shape: [...shape], data: new Float32Array(count) }];
    }),
  );

const pixels = (seed: number, count: number, size = 8): Host => ({
  dtype: "u8",
  shape: [count, size, size, 3],
  data: Uint8Array.from(spread(seed, count * size * size * 3), (u) => 128 + 200 * u),
});

const writeNpz = (name: string, arrays: Readonly<Record<string, Host>>): Promise<void> =>
  writeFile(at(name), npzChunks(tensorFileOf(arrays)));

beforeAll(async () => {
  const { "Mixed_6a.branch3x3.conv.weight": _, ...rest } = inceptionWeights();
  writeFileSync(at("inception.safetensors"), writeSafetensors(inceptionWeights()));
  writeFileSync(at("short.safetensors"), writeSafetensors(rest));
  await writeNpz("reference.npz", { arr_0: pixels(1, 5) });
  await writeNpz("statistics.npz", {
    arr_0: pixels(1, 5),
    mu: { dtype: "f64", shape: [192], data: new Float64Array(192) },
    sigma: {
      dtype: "f64",
      shape: [192, 192],
      data: Float64Array.from({ length: 192 ** 2 }, (_, i) => +(i % 193 === 0)),
    },
  });
  await writeNpz("few.npz", { arr_0: pixels(1, 3) });
  await writeNpz("large.npz", { arr_0: pixels(1, 5, 16) });
  await writeNpz("gray.npz", { arr_0: { dtype: "u8", shape: [5, 8, 8, 1], data: new Uint8Array(320) } });
  await writeNpz("none.npz", { mu: { dtype: "f64", shape: [2], data: new Float64Array(2) } });
  mkdirSync(at("images"));
  const { data } = pixels(1, 5);
  for (let i = 0; i < 5; i++) {
    const own = (data as Uint8Array).subarray(i * 192, (i + 1) * 192);
    writeFileSync(at(`images/${i}.png`), await encodePng({ dtype: "u8", shape: [8, 8, 3], data: own }));
  }
  mkdirSync(at("empty"));
});

const flags = () => ["--inception", at("inception.safetensors"), "--device", "wasm", "--batch_size", "5"];

test("prints and writes the five numbers; a folder of images is as an archive of them", async () => {
  const argv = [at("reference.npz"), at("images"), ...flags(), "--out", at("numbers.json")];
  const { code, out, err } = await adm(registerEvaluate, "evaluate", ...argv);
  expect(err).toMatch(/images of the reference 5\/5[\s\S]*images of the samples 5\/5/);
  expect(err).toContain("comparing 2048 features an image\n");
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines.map((line) => line.split(": ")[0])).toEqual(["Inception Score", "FID", "sFID", "Precision", "Recall"]);
  const [score, fid, sfid, precision, recall] = lines.map((line) => Number(line.split(": ")[1]));
  expect(score).toBeGreaterThanOrEqual(1);
  // The same images.
  expect(Math.abs(fid as number)).toBeLessThan(1e-6);
  expect(Math.abs(sfid as number)).toBeLessThan(1e-6);
  expect([precision, recall]).toEqual([1, 1]);
  expect(JSON.parse(readFileSync(at("numbers.json"), "utf8"))).toEqual({
    inception_score: score,
    fid,
    sfid,
    precision,
    recall,
    reference: at("reference.npz"),
    samples: [at("images")],
    count: 5,
  });
});

test("says that it takes minutes where the reference has statistics of more images than it holds", async () => {
  const { code, err } = await adm(registerEvaluate, "evaluate", at("statistics.npz"), at("images"), ...flags());
  expect(err).toContain("comparing 2048 features an image, which takes minutes\n");
  expect(code).toBe(0);
});

test.each<[string, string, readonly string[], readonly string[], string]>([
  [
    "weights without a key",
    "reference.npz",
    ["reference.npz"],
    ["--inception", "short.safetensors"],
    "missing:\n  Mixed_6a.branch3x3.conv.weight",
  ],
  [
    "weights that are no file",
    "reference.npz",
    ["reference.npz"],
    ["--inception", "no.pt"],
    "no.pt: there is no such file",
  ],
  [
    "samples of another size",
    "reference.npz",
    ["large.npz"],
    [],
    "the samples are 16 × 16, and the reference is 8 × 8",
  ],
  ["too few samples", "reference.npz", ["few.npz"], [], "the samples: 3 images; it takes 4 at least"],
  ["gray images", "gray.npz", ["reference.npz"], [], "the reference: images of 1 channels; Inception takes 3"],
  ["a reference without images", "none.npz", ["reference.npz"], [], "none.npz: there are no images, arr_0; it has mu"],
  ["samples without images", "reference.npz", ["none.npz"], [], "none.npz: there are no images, arr_0; it has mu"],
  ["a folder without images", "reference.npz", ["empty"], [], "there is no .png or .jpg in it"],
  ["an archive among others", "reference.npz", ["images", "few.npz"], [], "few.npz: it is no .png, .jpg or folder"],
  ["what is no archive", "images/0.png", ["reference.npz"], [], "0.png"],
  [
    "a place that is not there",
    "reference.npz",
    ["reference.npz"],
    ["--out", "no/numbers.json"],
    "no: there is no such file or folder",
  ],
  [
    "a folder for the numbers",
    "reference.npz",
    ["reference.npz"],
    ["--out", "empty"],
    "empty: it is a folder; name a file in it, such as numbers.json",
  ],
  [
    "plain loops",
    "reference.npz",
    ["reference.npz"],
    ["--device", "direct"],
    "--device direct: this command runs compiled programs alone",
  ],
])("refuses %s, with 2", async (_, reference, samples, more, message) => {
  const own = more.map((text) => (text.startsWith("--") || text === "direct" ? text : at(text)));
  const { code, err } = await adm(registerEvaluate, "evaluate", at(reference), ...samples.map(at), ...flags(), ...own);
  expect(err).toContain(message);
  expect(code).toBe(2);
});
