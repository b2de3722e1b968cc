/** What the sweep in the repository shows: the trade that guidance is (arXiv 2105.05233, section 4.3). */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rowsOfCsv } from "../../../examples/guided-diffusion/cli/sweep-rows.ts";

const file = new URL("../../../examples/guided-diffusion/results/sweep.csv", import.meta.url);
const rows = rowsOfCsv(readFileSync(file, "utf8"), "sweep.csv");
/** What a share of 500 samples varies by. */
const noise = 0.02;

test("the distance is least between the ends", () => {
  const distances = rows.map(({ frechet }) => frechet);
  const least = distances.indexOf(Math.min(...distances));
  expect(least).toBeGreaterThan(0);
  expect(least).toBeLessThan(rows.length - 1);
});

test("from scale 1 on precision and agreement rise, and recall falls", () => {
  const guided = rows.filter(({ scale }) => scale >= 1);
  expect(guided.map(({ scale }) => scale)).toEqual([1, 2, 4, 8, 16]);
  guided.slice(1).forEach((row, i) => {
    const before = guided[i] as (typeof guided)[number];
    expect(row.precision).toBeGreaterThan(before.precision);
    expect(row.agreement).toBeGreaterThan(before.agreement as number);
    expect(row.recall).toBeLessThan(before.recall + noise);
  });
  expect(guided.at(-1)?.recall).toBeLessThan((guided[0]?.recall as number) - 10 * noise);
});
