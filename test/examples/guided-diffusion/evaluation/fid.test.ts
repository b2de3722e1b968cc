/** The Fréchet distance against scipy's, and its parts. */

import { describe, expect, test } from "vitest";
import type { Features } from "../../../../examples/guided-diffusion/evaluation/features.ts";
import { frechetDistance, traceOfRoot } from "../../../../examples/guided-diffusion/evaluation/fid.ts";
import { gatherStatistics, statisticsOf } from "../../../../examples/guided-diffusion/evaluation/statistics.ts";
import { distanceRows, features, relative, setsOf, spreadRows } from "./sets.ts";

const singular = ["few-samples", "low-rank"];

describe.each(distanceRows)("$name", (row) => {
  const [reference, samples] = setsOf(row);
  const [first, second] = [statisticsOf(reference), statisticsOf(samples)];

  test("has the stored mean and covariance", () => {
    for (const [i, value] of row.mean_ref_first4.entries()) {
      if (row.name !== "identical") expect(relative(first.mean[i] as number, value)).toBeLessThan(1e-12);
    }
    for (const [i, value] of row.cov_ref_first4.entries()) {
      if (row.name !== "identical") expect(relative(first.covariance[i] as number, value)).toBeLessThan(1e-11);
    }
  });

  test("has the stored distance", () => {
    const found = frechetDistance(first, second);
    if (row.name === "identical") expect(Math.abs(found)).toBeLessThan(1e-9);
    else expect(relative(found, row.fid)).toBeLessThan(singular.includes(row.name) ? 1e-5 : 1e-9);
    const root = traceOfRoot(first.covariance, second.covariance, first.width);
    expect(relative(root, row.trace_sqrt)).toBeLessThan(singular.includes(row.name) ? 1e-7 : 1e-12);
  });

  test("is the same the other way round", () => {
    const [there, back] = [frechetDistance(first, second), frechetDistance(second, first)];
    expect(Math.abs(there - back)).toBeLessThan(1e-6 * row.trace_sqrt);
  });
});

describe("small cases worked out", () => {
  test("two covariances", () => {
    const first = { width: 2, mean: Float64Array.of(0, 0), covariance: Float64Array.of(2, 0.5, 0.5, 1) };
    const second = { width: 2, mean: Float64Array.of(1, 2), covariance: Float64Array.of(1, -0.2, -0.2, 3) };
    expect(traceOfRoot(first.covariance, second.covariance, 2)).toBeCloseTo(3.0580913444, 10);
    expect(frechetDistance(first, second)).toBeCloseTo(5.8838173112, 10);
  });

  test("twelve images and ten", () => {
    const reference = spreadRows(11, 12, 3, (u) => 4 * u);
    const samples = spreadRows(12, 10, 3, (u) => 5.2 * u + 0.5);
    expect(frechetDistance(statisticsOf(reference), statisticsOf(samples))).toBeCloseTo(5.76126127725, 10);
  });

  test("one feature: the difference of means and of deviations", () => {
    const first = statisticsOf(features([[0], [2], [4]]));
    const second = statisticsOf(features([[1], [1], [7], [7]]));
    expect(frechetDistance(first, second)).toBeCloseTo((2 - 4) ** 2 + (2 - Math.sqrt(12)) ** 2, 12);
  });

  test("images that are all alike have no spread", () => {
    const alike = statisticsOf(
      features([
        [1, 2],
        [1, 2],
        [1, 2],
      ]),
    );
    expect(frechetDistance(alike, alike)).toBe(0);
    expect(
      frechetDistance(
        alike,
        statisticsOf(
          features([
            [1, 0],
            [1, 4],
          ]),
        ),
      ),
    ).toBeCloseTo(8, 12);
  });
});

describe("statistics gathered in batches", () => {
  const [{ data, shape }] = setsOf(distanceRows[0] as (typeof distanceRows)[0]);
  const width = shape[1];
  // Far from zero, where sums of squares would cancel.
  const far: Features = { dtype: "f64", shape, data: Float64Array.from(data, (value) => value + 1e4) };

  test.each([1, 7, 64, 500])("of %d are those of all at once", (size) => {
    const { add, statistics } = gatherStatistics("test");
    for (let start = 0; start < shape[0]; start += size) {
      const part = far.data.subarray(start * width, (start + size) * width);
      add({ dtype: "f64", shape: [part.length / width, width], data: part } as Features);
    }
    const { mean, covariance } = statistics();
    const whole = statisticsOf({ dtype: "f32", shape, data } as Features);
    expect(Math.max(...mean.map((value, i) => Math.abs(value - 1e4 - (whole.mean[i] as number))))).toBeLessThan(1e-10);
    expect(Math.max(...covariance.map((value, i) => Math.abs(value - (whole.covariance[i] as number))))).toBeLessThan(
      1e-10,
    );
  });
});

describe("what cannot be compared is refused", () => {
  test.each([
    [[], "samples: 0 images have no covariance; it takes 2 at least"],
    [[[1, 2]], "samples: 1 image has no covariance; it takes 2 at least"],
    [
      [
        [1, 2],
        [3, Number.NaN],
      ],
      "samples: feature 1 of image 1 is NaN; features must be finite",
    ],
    [
      [
        [1, 2],
        [-Infinity, 0],
      ],
      "samples: feature 0 of image 1 is -Infinity; features must be finite",
    ],
  ])("%j", (rows, message) => {
    expect(() => statisticsOf(features(rows), "samples")).toThrow(message);
  });

  test("other features", () => {
    const two = statisticsOf(
      features([
        [1, 2],
        [3, 4],
      ]),
    );
    const one = statisticsOf(features([[1], [3]]));
    expect(() => frechetDistance(two, one)).toThrow(
      "frechetDistance: the reference has 2 features an image, and the samples have 1; both must come from one network",
    );
    const { add } = gatherStatistics("samples");
    add(features([[1, 2]]));
    expect(() => add(features([[1]]))).toThrow("samples: a batch has 1 features an image, and those before have 2");
  });

  test.each<[string, number]>([
    ["mean", 1],
    ["covariance", 2],
  ])("a %s that is not finite", (name, place) => {
    const good = { width: 2, mean: Float64Array.of(0, 0), covariance: Float64Array.of(2, 0.5, 0.5, 1) };
    for (const value of [Number.NaN, Infinity]) {
      const own = name === "mean" ? good.mean : good.covariance;
      const wrong = { ...good, [name]: own.with(place, value) };
      const text = `has ${value} at ${place}; statistics must be finite`;
      expect(() => frechetDistance(wrong, good)).toThrow(
        new RangeError(`frechetDistance: the ${name} of the reference ${text}`),
      );
      expect(() => frechetDistance(good, wrong)).toThrow(
        new RangeError(`frechetDistance: the ${name} of the samples ${text}`),
      );
    }
  });

  test("covariances whose product is beyond all numbers", () => {
    const huge = { width: 1, mean: Float64Array.of(0), covariance: Float64Array.of(1e200) };
    expect(() => frechetDistance(huge, huge)).toThrow(
      new RangeError("traceOfRoot: the product of the covariances is not finite; features this large need a scale"),
    );
  });

  test("an image that was not flattened", () => {
    const image = { dtype: "f32", shape: [2, 3, 4], data: new Float32Array(24) } as unknown as Features;
    expect(() => statisticsOf(image, "samples")).toThrow("features are [images, width], and these are [2, 3, 4]");
  });
});
