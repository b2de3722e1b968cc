/** The sweep over guidance scales: its rows, what it refuses, and a row that is kept, computed again. */

import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { registerSweep } from "../../../../examples/guided-diffusion/cli/sweep.ts";
import {
  csvOf,
  rowOf,
  rowsOfCsv,
  type SweepRow,
  tableOf,
  withRow,
} from "../../../../examples/guided-diffusion/cli/sweep-rows.ts";
import { adm, tinyFlags } from "../../../support/adm.ts";

const results = fileURLToPath(new URL("../../../../examples/guided-diffusion/results/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "adm-sweep-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const row: SweepRow = {
  ...{ sampler: "ddim", steps: 25, scale: 4, samples: 500, seed: 0 },
  ...{ frechet: 10.8, precision: 0.828, recall: 0.874, score: 9.12, agreement: 0.958, entropy: 0.09 },
  ...{ process: "0123456789ab", weights: "3c46bc962cf1", features: "digits 15948b7ad8d6", reference: "mnist test" },
};

describe("rows", () => {
  test("are read as they were written, those without classes too", () => {
    const { agreement: _, entropy: __, ...unclassified } = { ...row, features: "inception 0123", scale: 0.5 };
    const rows = [row, unclassified];
    expect(rowsOfCsv(csvOf(rows), "sweep.csv")).toEqual(rows);
    expect(() => rowsOfCsv("a,b\n1,2\n", "sweep.csv")).toThrow("sweep.csv: its columns are a,b");
  });

  test("of one scale are one, in the order of scales, and of other weights others", () => {
    const [low, again, other] = [
      { ...row, scale: 1 },
      { ...row, recall: 0.5 },
      { ...row, weights: "000000000000" },
    ];
    const rows = [row, low, again, other].reduce<SweepRow[]>(withRow, []);
    expect(rows).toEqual([low, again, other]);
    expect(rowOf(rows, row)?.recall).toBe(0.5);
    expect(rowOf(rows, { ...row, seed: 1 })).toBeUndefined();
    expect(rowOf(rows, { ...row, process: "ffffffffffff" })).toBeUndefined();
  });

  test("as a table say what the features are", () => {
    const lines = tableOf([row, { ...row, scale: 16 }]).split("\n");
    expect(lines[0]).toBe(
      "against mnist test, in features of a classifier of clean images, which are not Inception's:",
    );
    expect(lines.slice(1)).toEqual([
      "sampler  scale  samples  Fréchet  precision  recall  score  agreement",
      "DDIM 25      4      500    10.80      0.828   0.874   9.12      0.958",
      "DDIM 25     16      500    10.80      0.828   0.874   9.12      0.958",
    ]);
    const twice = tableOf([row, { ...row, process: "ffffffffffff" }]);
    expect(twice).toContain("DDIM 25 (0123456789ab)  ");
    expect(twice).toContain("DDIM 25 (ffffffffffff)  ");
  });
});

const tiny = fileURLToPath(new URL("../../../goldens/tiny.pt", import.meta.url));

test.each([
  [["--scales", "1,,2"], "it must be numbers from 0 up, with commas"],
  [["--scales=-1"], "it must be numbers from 0 up, with commas"],
  [["--samples", "19"], "--samples 19: it takes 20 at least, two of each of 10 classes"],
  [["--eta=-0.5"], "it must be a number from 0 up"],
  [["--data_dir", "nonsense"], "Allowed choices are mnist, fashion."],
  [
    ["--model_path", tiny, "--classifier_path", tiny, ...tinyFlags, "--classifier_channel_mult", "1"],
    "samples are 8 × 8 × 3, and the network of features takes 28 × 28 × 1",
  ],
  [["--inception", tiny], "--inception: Inception runs compiled alone; take --device wasm"],
  [["--features", "none.safetensors"], "none.safetensors: there is no such file"],
  [["--preset", "64"], "--model_path is missing; weights come with --preset mnist or fashion alone"],
  [["--model_path", "some.pt", "--preset", "mnist"], "--classifier_path is missing"],
])("%j is refused, with 2 and no folder", async (argv, message) => {
  const { code, err } = await adm(registerSweep, "sweep", "--device", "direct", "--out", at("refused"), ...argv);
  expect(err).toContain(message);
  expect(code).toBe(2);
  expect(existsSync(at("refused/sweep.csv"))).toBe(false);
});

// Shares are counts of images. The other numbers are real, and kernels that sum in another order change their last digits.
test("a row that is kept is computed again", async () => {
  const kept = rowsOfCsv(readFileSync(`${results}sweep-100.csv`, "utf8"), "sweep-100.csv")[0] as SweepRow;
  copyFileSync(`${results}reference.safetensors`, at("reference.safetensors"));
  const argv = ["--samples", "100", "--scales", "4", "--use_ddim", "--timestep_respacing", "ddim25"];
  const device = ["--device", "wasm", "--threads", "2", "--plan_cache", at("plans")];
  const { code, err, out } = await adm(registerSweep, "sweep", ...argv, ...device, "--out", folder);
  expect(code, err).toBe(0);
  const [found] = rowsOfCsv(readFileSync(at("sweep.csv"), "utf8"), "sweep.csv") as [SweepRow];
  const real = ["frechet", "score", "entropy"] as const;
  for (const name of real) {
    const [value, expected] = [found[name] as number, kept[name] as number];
    expect(Math.abs(value - expected) / expected, name).toBeLessThan(1e-4);
  }
  const rounded = Object.fromEntries(real.map((name) => [name, kept[name]]));
  expect({ ...found, ...rounded }).toEqual(kept);
  for (const name of ["sweep.csv", "sweep.svg", "sweep.png"]) expect(out).toContain(at(name));
  expect(readdirSync(at("plans")).length).toBe(2);

  // What is there is not computed again: the same command says it without a device's work.
  const again = await adm(registerSweep, "sweep", ...argv, ...device, "--out", folder);
  expect([again.code, again.err]).toEqual([0, ""]);
  expect(again.out).toBe(out);
  writeFileSync(at("sweep.csv"), "scale\n4\n");
  const damaged = await adm(registerSweep, "sweep", ...argv, ...device, "--out", folder);
  expect(damaged.err).toContain("its columns are scale");
}, 600_000);
