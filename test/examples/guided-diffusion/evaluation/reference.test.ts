/** Reference batches: `goldens/reference-stats.npz`, which NumPy wrote, and files that are not what they should be. */

import { readFileSync } from "node:fs";
import { bytesSource, type Host } from "typegrad";
import { describe, expect, test } from "vitest";
import { frechetDistance } from "../../../../examples/guided-diffusion/evaluation/fid.ts";
import { type ArrayFile, imageSetOf, imagesIn } from "../../../../examples/guided-diffusion/evaluation/images.ts";
import { readReference } from "../../../../examples/guided-diffusion/evaluation/reference.ts";
import { type Statistics, statisticsOf } from "../../../../examples/guided-diffusion/evaluation/statistics.ts";
import { readNpz } from "../../../../examples/guided-diffusion/files/npz.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { distanceRows, relative, setsOf } from "./sets.ts";

const url = new URL("../../../goldens/reference-stats.npz", import.meta.url);
const sum = (values: Float64Array | undefined): number => values?.reduce((sum, value) => sum + value, 0) ?? Number.NaN;

/** Arrays that are at hand, as a file. */
const fileOf = (arrays: Readonly<Record<string, Host>>): ArrayFile => ({
  ...tensorFileOf(arrays),
  rows: () => {
    throw new Error("nothing is read here");
  },
});
const f64 = (shape: readonly number[], value = 0): Host => ({
  dtype: "f64",
  shape,
  data: new Float64Array(shape.reduce((size, dim) => size * dim, 1)).fill(value),
});
const images: Host = { dtype: "u8", shape: [2, 1, 1, 3], data: new Uint8Array(6) };

describe("a file with statistics", async () => {
  const file = await readNpz(bytesSource(readFileSync(url), "reference-stats.npz"));
  const reference = await readReference(file);

  test("gives those of pool and spatial features", () => {
    const { pool, spatial } = reference.statistics ?? {};
    expect([pool?.width, spatial?.width]).toEqual([24, 7]);
    expect(sum(pool?.mean)).toBeCloseTo(-0.04911666799544037, 14);
    expect(sum(pool?.covariance)).toBeCloseTo(11.020288790007196, 13);
    expect(sum(spatial?.mean)).toBeCloseTo(3.049213412118843, 14);
    expect(sum(spatial?.covariance)).toBeCloseTo(1.2434599233673806, 14);
  });

  test("which are those of the set `low-rank`, as we compute them", () => {
    const row = distanceRows.find(({ name }) => name === "low-rank") as (typeof distanceRows)[0];
    const [features, samples] = setsOf(row);
    const pool = reference.statistics?.pool as Statistics;
    const { mean, covariance } = pool;
    const own = statisticsOf(features);
    expect(own.mean.every((value, i) => Math.abs(value - (mean[i] as number)) < 1e-15)).toBe(true);
    expect(own.covariance.every((value, i) => Math.abs(value - (covariance[i] as number)) < 1e-15)).toBe(true);
    const distance = frechetDistance(pool, statisticsOf(samples));
    expect(relative(distance, row.fid)).toBeLessThan(1e-5);
  });

  test("and its images, a few at a time", async () => {
    const sizes: number[] = [];
    const pixels: number[] = [];
    for await (const { dtype, shape, data } of reference.images.batches(2)) {
      expect([dtype, ...shape.slice(1)]).toEqual(["u8", 8, 8, 3]);
      sizes.push(shape[0]);
      pixels.push(...data);
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(pixels).toEqual([...((await file.read("arr_0")).data as Uint8Array)]);
  });
});

test("a file of images alone has no statistics", async () => {
  const { images: found, statistics } = await readReference(fileOf({ arr_0: images }));
  expect(found.shape).toEqual([2, 1, 1, 3]);
  expect(statistics).toBeUndefined();
});

test("statistics of pool features alone are enough", async () => {
  const { statistics } = await readReference(fileOf({ arr_0: images, mu: f64([3], 1), sigma: f64([3, 3], 2) }));
  expect(statistics?.pool.width).toBe(3);
  expect(statistics?.spatial).toBeUndefined();
});

test("images in memory come in the same batches", async () => {
  const all = { dtype: "u8", shape: [5, 1, 2, 1], data: Uint8Array.from({ length: 10 }, (_, i) => i) } as const;
  const found: number[][] = [];
  for await (const { shape, data } of imageSetOf(all).batches(2)) found.push([shape[0], ...data]);
  expect(found).toEqual([
    [2, 0, 1, 2, 3],
    [2, 4, 5, 6, 7],
    [1, 8, 9],
  ]);
});

describe("what is no reference is refused", () => {
  test.each<readonly [string, Readonly<Record<string, Host>>, string]>([
    ["no images", { mu: f64([3]) }, "the reference: there are no images, arr_0; it has mu"],
    ["an empty file", {}, "the reference: there are no images, arr_0; it has nothing"],
    ["images of floats", { arr_0: f64([2, 1, 1, 3]) }, "images are u8, of 0 to 255, and these are f64"],
    [
      "one image without its axis",
      { arr_0: { ...images, shape: [1, 2, 3] } },
      "images are [images, height, width, channels], and these are [1, 2, 3]",
    ],
    ["no covariance", { arr_0: images, mu: f64([3]) }, "the reference: there is mu, but no sigma, its covariance"],
    [
      "a covariance of other features",
      { arr_0: images, mu: f64([3]), sigma: f64([2, 2]) },
      "the reference: sigma is [2, 2], and must be [3, 3] for the 3 features of mu",
    ],
    [
      "statistics that are not finite",
      { arr_0: images, mu: f64([3]), sigma: f64([3, 3], Number.NaN) },
      "the reference: sigma has NaN at 0, and must be finite",
    ],
    [
      "statistics of integers",
      { arr_0: images, mu: { dtype: "i32", shape: [1], data: new Int32Array(1) } },
      "the reference: mu is i32, and must be f64 or f32",
    ],
  ])("%s", async (_, arrays, message) => {
    await expect(readReference(fileOf(arrays))).rejects.toThrow(message);
  });

  test("the file is named", () => {
    expect(() => imagesIn(fileOf({}), "samples.npz")).toThrow("samples.npz: there are no images");
  });
});
