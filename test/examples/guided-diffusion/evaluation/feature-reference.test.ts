/** A data set in features: kept, and taken again where it serves. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { datasetInMemory } from "../../../../examples/guided-diffusion/data/dataset.ts";
import type { Extract } from "../../../../examples/guided-diffusion/evaluation/extract.ts";
import { byTurns, featureReference } from "../../../../examples/guided-diffusion/evaluation/feature-reference.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-reference-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("images are taken from each class in turn", () => {
  expect(byTurns([1, 1, 0, 2, 0, 1])).toEqual([2, 0, 3, 4, 1, 5]);
});

test("is computed once, also where more images are asked for than there are", async () => {
  let extracted = 0;
  const extract: Extract = async ({ shape: [count], data }) => {
    extracted++;
    return { pool: { dtype: "f32", shape: [count, 2], data: Float32Array.from(data) } };
  };
  const about = { name: "pairs", channels: 1, height: 1, width: 2, classes: 2 };
  const dataset = datasetInMemory(about, Uint8Array.of(0, 1, 2, 3, 9, 5, 6, 8), Uint8Array.of(1, 1, 0, 0));
  const ask = (count: number, features = "raw") =>
    featureReference({
      ...{ file: join(folder, "reference.safetensors"), about: { features }, count },
      ...{ dataset: () => dataset, extract: async () => extract },
    });

  const few = await ask(2);
  expect([...few.pool.data]).toEqual([9, 5, 0, 1]);
  expect(extracted).toBe(1);
  const all = await ask(5);
  expect(all.pool.shape).toEqual([4, 2]);
  expect([...all.statistics.mean]).toEqual([4.25, 4.25]);
  expect(extracted).toBe(2);
  expect(await ask(5)).toEqual(all);
  expect(await ask(2)).toEqual(few);
  expect(extracted).toBe(2);
  await ask(2, "others");
  expect(extracted).toBe(3);
});
