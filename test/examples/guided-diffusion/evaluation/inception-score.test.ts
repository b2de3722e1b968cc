/** The Inception Score against the stored ones. */

import { describe, expect, test } from "vitest";
import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import {
  gatherScore,
  inceptionScore,
  logitsOf,
} from "../../../../examples/guided-diffusion/evaluation/inception-score.ts";
import { features, featuresAt, relative, rows, spreadRows } from "./sets.ts";

describe("the stored scores", () => {
  const row = rows.find(({ name }) => name === "inception-score");
  const weight = featuresAt("score.weight");
  const [width, classes] = weight.shape;
  // Stored [features, classes]; layers have [classes, features].
  const transposed: Features = {
    dtype: "f32",
    shape: [classes, width],
    data: Float32Array.from(
      weight.data,
      (_, i) => weight.data[(i % width) * classes + Math.floor(i / width)] as number,
    ),
  };
  const logits = logitsOf(featuresAt("full.sample"), transposed);

  test.each(Object.entries(row?.chunks ?? {}))("in chunks of %s", (chunk, expected) => {
    expect(relative(inceptionScore(logits, Number(chunk)), expected)).toBeLessThan(1e-9);
  });

  test("there are three", () => {
    expect(Object.keys(row?.chunks ?? {})).toEqual(["100", "150", "5000"]);
  });

  test("batches do not matter", () => {
    const { add, score } = gatherScore(150);
    for (let start = 0; start < 400; start += 64) {
      const data = logits.data.subarray(start * classes, (start + 64) * classes);
      add({ dtype: "f64", shape: [data.length / classes, classes], data } as Features);
    }
    expect(score()).toBe(inceptionScore(logits, 150));
  });
});

describe("small cases", () => {
  const logits = spreadRows(13, 6, 4, (u) => 4 * u);

  test.each([
    [5000, 1.25121456676],
    [3, 1.18917026249],
  ])("six images of four classes, chunks of %d", (chunk, expected) => {
    expect(inceptionScore(logits, chunk)).toBeCloseTo(expected, 10);
  });

  test("sure of one class each: as many as there are classes, though probabilities are 0", () => {
    expect(
      inceptionScore(
        features([
          [2000, 0, 0],
          [0, 2000, 0],
          [0, 0, 2000],
        ]),
      ),
    ).toBeCloseTo(3, 12);
  });

  test("the same for all images: 1, whatever is added to logits", () => {
    expect(
      inceptionScore(
        features([
          [1, 2],
          [1, 2],
          [701, 702],
        ]),
      ),
    ).toBeCloseTo(1, 12);
  });
});

describe("bad input is refused", () => {
  test.each([
    [() => inceptionScore(features([])), "inceptionScore: no images came; it takes 1 at least"],
    [() => inceptionScore(features([[1, Number.NaN]])), "inceptionScore: feature 1 of image 0 is NaN"],
    [() => inceptionScore(features([[1]]), 0), "inceptionScore: chunks of 0 images; it takes a positive integer"],
    [
      () => logitsOf(features([[1, 2]]), features([[1]])),
      "logitsOf: weight [1, 1] takes 1 features, and an image has 2",
    ],
  ])("%s", (run, message) => {
    expect(run).toThrow(message);
  });
});
