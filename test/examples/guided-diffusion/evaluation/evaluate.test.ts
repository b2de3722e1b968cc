/** From images to the five numbers, with a network that is a few lines: the numbers are those of the parts. */

import { describe, expect, test } from "vitest";
import {
  compareFeatures,
  evaluate,
  gatherFeatures,
} from "../../../../examples/guided-diffusion/evaluation/evaluate.ts";
import type { Extract } from "../../../../examples/guided-diffusion/evaluation/extract.ts";
import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import { frechetDistance } from "../../../../examples/guided-diffusion/evaluation/fid.ts";
import { type Images, imageSetOf } from "../../../../examples/guided-diffusion/evaluation/images.ts";
import { inceptionScore } from "../../../../examples/guided-diffusion/evaluation/inception-score.ts";
import { precisionRecall } from "../../../../examples/guided-diffusion/evaluation/precision-recall.ts";
import { statisticsOf } from "../../../../examples/guided-diffusion/evaluation/statistics.ts";
import { spread } from "../../../../examples/guided-diffusion/networks/fill.ts";

const imagesOf = (seed: number, count: number, scale: number): Images => ({
  dtype: "u8",
  shape: [count, 2, 2, 1],
  data: Uint8Array.from(spread(seed, 4 * count), (u) => 128 + scale * u),
});

/** Pool features are the pixels over 64, spatial ones their squares, logits their differences from the first. */
const extract: Extract = async ({ shape: [count], data }) => {
  const features = (f: (x: number, place: number) => number): Features => ({
    dtype: "f32",
    shape: [count, 4],
    data: Float32Array.from(data, (x, i) => f(x / 64, i)),
  });
  return {
    pool: features((x) => x),
    spatial: features((x) => x * x),
    logits: features((x, i) => x - (data[i - (i % 4)] as number) / 64),
  };
};

const reference = imagesOf(1, 60, 200);
const samples = imagesOf(2, 45, 150);
const referenceSet = { images: imageSetOf(reference) };

test("the numbers are those of the parts", async () => {
  const [first, second] = [await extract(reference), await extract(samples)];
  const found = await evaluate(referenceSet, imageSetOf(samples), extract, { batch: 7, chunk: 20, k: 2 });
  expect(found.inceptionScore).toBeCloseTo(inceptionScore(second.logits as Features, 20), 12);
  expect(found.fid).toBeCloseTo(frechetDistance(statisticsOf(first.pool), statisticsOf(second.pool)), 10);
  expect(found.sfid).toBeCloseTo(
    frechetDistance(statisticsOf(first.spatial as Features), statisticsOf(second.spatial as Features)),
    9,
  );
  const { precision, recall } = await precisionRecall(first.pool, second.pool, { k: 2 });
  expect([found.precision, found.recall]).toEqual([precision, recall]);
  expect(precision).toBeGreaterThan(recall);
});

test("a set against itself", async () => {
  const { fid, sfid, precision, recall } = await evaluate(referenceSet, imageSetOf(reference), extract);
  expect(Math.abs(fid)).toBeLessThan(1e-9);
  expect(Math.abs(sfid as number)).toBeLessThan(1e-8);
  expect([precision, recall]).toEqual([1, 1]);
});

test("statistics of the reference's file are taken before those of its images", async () => {
  const whole = await gatherFeatures(imageSetOf(imagesOf(3, 500, 200)), extract);
  const found = await evaluate({ ...referenceSet, statistics: whole.statistics }, imageSetOf(samples), extract);
  const own = await gatherFeatures(imageSetOf(samples), extract);
  expect(found.fid).toBe(frechetDistance(whole.statistics.pool, own.statistics.pool));
  const byImages = await evaluate(referenceSet, imageSetOf(samples), extract);
  expect(found.fid).not.toBe(byImages.fid);
  expect([found.precision, found.recall]).toEqual([byImages.precision, byImages.recall]);
});

test("a network without logits or spatial features gives what it can", async () => {
  const poolOnly: Extract = async (images) => ({ pool: (await extract(images)).pool });
  const found = await evaluate(referenceSet, imageSetOf(samples), poolOnly);
  expect(Object.keys(found).sort()).toEqual(["fid", "precision", "recall"]);
});

test("progress is told", async () => {
  const told: unknown[] = [];
  await evaluate(referenceSet, imageSetOf(samples), extract, { batch: 30, onProgress: (...args) => told.push(args) });
  expect(told).toEqual([
    ["reference", 30, 60],
    ["reference", 60, 60],
    ["samples", 30, 45],
    ["samples", 45, 45],
  ]);
});

describe("what cannot be evaluated is refused", () => {
  test("one image", async () => {
    await expect(evaluate(referenceSet, imageSetOf(imagesOf(4, 1, 10)), extract)).rejects.toThrow(
      "samples: pool features: 1 image has no covariance; it takes 2 at least",
    );
  });

  test("no image", async () => {
    await expect(evaluate(referenceSet, imageSetOf(imagesOf(4, 0, 10)), extract)).rejects.toThrow(
      "samples: pool features: 0 images have no covariance; it takes 2 at least",
    );
  });

  test("fewer images than neighbours", async () => {
    await expect(evaluate(referenceSet, imageSetOf(imagesOf(4, 3, 10)), extract)).rejects.toThrow(
      "precisionRecall: samples: 3 images are too few; it takes 4 at least",
    );
  });

  test("features that are not finite", async () => {
    const broken: Extract = async (images) => {
      const { pool } = await extract(images);
      pool.data[5] = Number.NaN;
      return { pool };
    };
    await expect(evaluate(referenceSet, imageSetOf(samples), broken)).rejects.toThrow(
      "reference: pool features: feature 1 of image 1 is NaN; features must be finite",
    );
  });

  test("statistics of another network", async () => {
    const { statistics } = await gatherFeatures(imageSetOf(samples), async ({ shape: [count] }) => ({
      pool: { dtype: "f32", shape: [count, 2], data: new Float32Array(2 * count) },
    }));
    const found = evaluate({ ...referenceSet, statistics }, imageSetOf(samples), extract);
    await expect(found).rejects.toThrow("the reference has 2 features an image, and the samples have 4");
  });

  test("features of other images than were given", async () => {
    const doubled: Extract = async (images) => {
      const { pool } = await extract(images);
      return { pool: { ...pool, shape: [2 * pool.shape[0], 2] } };
    };
    await expect(evaluate(referenceSet, imageSetOf(samples), doubled)).rejects.toThrow(
      "reference: the network gave features of 120 images for 60",
    );
  });
});

test("features at hand are compared without images", async () => {
  const gathered = await gatherFeatures(imageSetOf(samples), extract);
  const { precision, recall } = await compareFeatures(gathered, gathered);
  expect([precision, recall]).toEqual([1, 1]);
});
