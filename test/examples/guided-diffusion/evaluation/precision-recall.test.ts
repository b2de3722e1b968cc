/** Precision and recall against the stored ones, and by their properties. */

import { describe, expect, test } from "vitest";
import {
  precisionRecall,
  squaredDistances,
  squaredRadii,
} from "../../../../examples/guided-diffusion/evaluation/precision-recall.ts";
import { spread } from "../../../../examples/guided-diffusion/networks/fill.ts";
import { distanceRows, features, relative, setsOf, spreadRows } from "./sets.ts";

describe.each(distanceRows)("$name", (row) => {
  const [reference, samples] = setsOf(row);

  test("has the stored radii", async () => {
    const [first, second] = [await squaredRadii(reference), await squaredRadii(samples)];
    for (const [i, value] of row.squared_radii_ref_first5.entries())
      expect(relative(first[i] as number, value)).toBeLessThan(1e-12);
    for (const [i, value] of row.squared_radii_sample_first5.entries())
      expect(relative(second[i] as number, value)).toBeLessThan(1e-12);
  });

  test.each([1024, 64, 37])("has the stored precision and recall, in blocks of %d", async (block) => {
    expect(await precisionRecall(reference, samples, { block })).toEqual({
      precision: row.precision_k3,
      recall: row.recall_k3,
    });
  });

  test("each is the other where the sets change places", async () => {
    const { precision, recall } = await precisionRecall(samples, reference);
    expect([recall, precision]).toEqual([row.precision_k3, row.recall_k3]);
  });
});

describe("twelve images and ten", () => {
  const reference = spreadRows(11, 12, 3, (u) => 4 * u);
  const samples = spreadRows(12, 10, 3, (u) => 5.2 * u + 0.5);

  test("radii", async () => {
    const [first, second] = [await squaredRadii(reference), await squaredRadii(samples)];
    const expected = [2.119816683, 2.140907367, 3.908098171, 3.423196593, 4.179640732, 2.969945638];
    expect([...first.subarray(0, 6)].map((value) => value.toFixed(9))).toEqual(
      expected.map((value) => value.toFixed(9)),
    );
    expect((second[8] as number).toFixed(9)).toBe("13.177898503");
  });

  test("precision and recall", async () => {
    expect(await precisionRecall(reference, samples)).toEqual({ precision: 0.6, recall: 10 / 12 });
  });
});

describe("limits", () => {
  const line = features([[0], [1], [3], [7], [15]]);

  test("the k-th other image is the radius", async () => {
    expect([...(await squaredRadii(line, { k: 1 }))]).toEqual([1, 1, 4, 16, 64]);
    expect([...(await squaredRadii(line, { k: 4 }))]).toEqual([225, 196, 144, 64, 225]);
  });

  test("an equal image is another image", async () => {
    expect([...(await squaredRadii(features([[2], [2], [5]]), { k: 1 }))]).toEqual([0, 0, 9]);
  });

  test("sets far apart share nothing, and equal ones all", async () => {
    const far = features([[100], [101], [102], [103]]);
    expect(await precisionRecall(line, far)).toEqual({ precision: 0, recall: 0 });
    expect(await precisionRecall(line, line)).toEqual({ precision: 1, recall: 1 });
  });

  test("distances are the sums of squares, never negative, and 0 between equal rows", () => {
    const a = spreadRows(1, 7, 5);
    const b = features(
      [a.data.subarray(15, 20), a.data.subarray(20, 25), ...[1, 2, 3, 4].map((i) => spread(i, 5))].map((row) => [
        ...row,
      ]),
    );
    const found = squaredDistances(a, b);
    for (let i = 0; i < 7; i++) {
      for (let j = 0; j < 6; j++) {
        const rowA = [...a.data.subarray(5 * i, 5 * i + 5)];
        const rowB = b.data.subarray(5 * j, 5 * j + 5);
        const expected = rowA.reduce((sum, value, k) => sum + (value - (rowB[k] as number)) ** 2, 0);
        if (i === j + 3 && j < 2) expect(found[6 * i + j]).toBe(0);
        expect(Math.abs((found[6 * i + j] as number) - expected)).toBeLessThan(1e-14);
      }
    }
  });
});

describe("bad input is refused", () => {
  const three = features([[1], [2], [3]]);
  test.each([
    [() => precisionRecall(three, three), "precisionRecall: reference: 3 images are too few; it takes 4 at least"],
    [() => precisionRecall(three, features([[1, 2]])), "the reference has 1 features an image, and the samples have 2"],
    [() => squaredRadii(three, { k: 0 }), "squaredRadii: k is 0, and must be a positive integer"],
    [() => squaredRadii(features([[1], [Number.NaN], [3], [4]])), "squaredRadii: feature 0 of image 1 is NaN"],
  ])("%s", async (run, message) => {
    await expect(run()).rejects.toThrow(message);
  });
});
