/**
 * The network of digits with trained weights, on twenty of MNIST's test images, against what NumPy computes in f64; and what is
 * said of its classes.
 */

import { type Host, tensor, toHost } from "typegrad";
import { afterAll, describe, expect, test } from "vitest";
import { classAgreement, meanEntropy } from "../../../../examples/guided-diffusion/evaluation/agreement.ts";
import { type DigitParams, digitFeatures } from "../../../../examples/guided-diffusion/evaluation/digits.ts";
import { openDistances } from "../../../../examples/guided-diffusion/evaluation/distances.ts";
import { openDigits } from "../../../../examples/guided-diffusion/evaluation/extract.ts";
import { type Features, rowsOf } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import {
  precisionRecall,
  squaredDistances,
} from "../../../../examples/guided-diffusion/evaluation/precision-recall.ts";
import { tensorFileOf } from "../../../../examples/guided-diffusion/files/tensor-file.ts";
import { openDevice } from "../../../../runtime/index.ts";
import { readTensors } from "../../../support/goldens.ts";
import { distanceRows, features, setsOf } from "./sets.ts";

const device = await openDevice({ kind: "wasm", threads: 1 });
afterAll(() => device.close());
const digits = await readTensors("digits.safetensors");
const images = digits.get("images") as Host<[20, 28, 28, 1], "u8">;
const labels = digits.get("labels")?.data as Uint8Array;
const stored = (name: string): Float32Array => digits.get(name)?.data as Float32Array;
const weights = await readTensors("mnist-features.safetensors");
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

describe("the network", async () => {
  const params = Object.fromEntries([...weights].map(([key, host]) => [key, tensor(host)])) as unknown as DigitParams;
  const direct = toHost(digitFeatures(params, tensor(images)));
  const logits = direct.logits as unknown as Features;

  test("run directly, gives the stored features and logits", () => {
    expect(largestDifference(direct.pool.data as Float32Array, stored("features"))).toBeLessThan(1e-5);
    expect(largestDifference(logits.data, stored("logits"))).toBeLessThan(1e-5);
  });

  test("knows the digits", () => {
    expect(classAgreement(logits, labels)).toBe(1);
    expect(meanEntropy(logits)).toBeCloseTo(0.0711382, 5);
  });

  test("on WASM, in batches that the images do not fill, says the same", async () => {
    const extract = await openDigits({ device, weights: tensorFileOf(Object.fromEntries(weights)), batch: 8 });
    const found = await extract(images);
    expect(found.pool.shape).toEqual([20, 128]);
    expect(found.logits?.shape).toEqual([20, 10]);
    expect(largestDifference(found.pool.data, stored("features"))).toBeLessThan(1e-5);
    expect(largestDifference(found.logits?.data ?? [], stored("logits"))).toBeLessThan(1e-5);

    const large = { ...images, shape: [5, 56, 56, 1] } as const;
    await expect(extract(large)).rejects.toThrow(
      "images are [56, 56, 1], and the network was compiled for [28, 28, 1]",
    );
  });

  test("without a tensor, or with one of another shape, is refused by its name", async () => {
    const { "f2.bias": _, ...rest } = Object.fromEntries(weights);
    await expect(openDigits({ device, weights: tensorFileOf(rest) })).rejects.toThrow("f2.bias");
    const wrong = { ...rest, "f2.bias": { dtype: "f32", shape: [9], data: new Float32Array(9) } } as const;
    await expect(openDigits({ device, weights: tensorFileOf(wrong) })).rejects.toThrow("f2.bias");
  });
});

describe("distances on WASM", () => {
  test("are those of the processor, in blocks that the rows do not fill", async () => {
    const [reference, samples] = setsOf(
      distanceRows.find(({ name }) => name === "spatial") as (typeof distanceRows)[0],
    );
    const distances = await openDistances(reference.shape[1], { device, block: 50 });
    const [some, others] = [rowsOf(reference, 0, 50), rowsOf(samples, 0, 37)];
    expect(largestDifference(await distances(some, others), squaredDistances(some, others))).toBeLessThan(1e-5);
    expect(await precisionRecall(reference, samples, { block: 50, distances })).toEqual(
      await precisionRecall(reference, samples),
    );
    await expect(distances(reference, samples)).rejects.toThrow(
      "openDistances: 120 rows, and it was opened for blocks of 50",
    );
  });
});

describe("agreement", () => {
  const logits = features([
    [2, 0, 0],
    [0, 1, 0],
    [0, 0, 9],
    [1, 3, 2],
  ]);

  test("is the share of images that are what was asked for", () => {
    expect(classAgreement(logits, [0, 1, 2, 2])).toBe(0.75);
  });

  test("entropy is log n where nothing is known, and 0 where all is", () => {
    expect(meanEntropy(features([[5, 5, 5, 5]]))).toBeCloseTo(Math.log(4), 12);
    expect(meanEntropy(features([[1000, 0]]))).toBe(0);
  });

  test.each([
    [() => classAgreement(logits, [0, 1]), "classAgreement: 2 labels for 4 images"],
    [
      () => classAgreement(logits, [0, 1, 2, 3]),
      "classAgreement: label 3 of image 3 is no class; they are whole numbers from 0 to 2",
    ],
  ])("%s is refused", (run, message) => {
    expect(run).toThrow(message);
  });
});
