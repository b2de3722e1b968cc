import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openCsvLog, readCsvLog } from "../../../../examples/guided-diffusion/training/csv-log.ts";

const folder = mkdtempSync(join(tmpdir(), "adm-csv-"));
const file = join(folder, "losses.csv");
afterAll(() => rmSync(folder, { recursive: true }));

test("rows from the step that a run goes on from are written anew", () => {
  const first = openCsvLog(file);
  first.add({ step: 10, loss: 0.5, none: Number.NaN, weights: "model" });
  first.add({ step: 20, loss: 1 / 3, none: 1e-7, weights: "model" });
  first.add({ step: 30, loss: 0.2, none: 0, weights: "model" });
  openCsvLog(file).add({ step: 20, loss: 0.25, none: 2, weights: "ema" });
  expect(readFileSync(file, "utf8")).toBe("step,loss,none,weights\n10,0.5,,model\n20,0.25,2,ema\n");
});

test("its rows are read as numbers where they are some", () => {
  expect(readCsvLog(file)).toEqual([
    { step: 10, loss: 0.5, none: Number.NaN, weights: "model" },
    { step: 20, loss: 0.25, none: 2, weights: "ema" },
  ]);
  expect(readCsvLog(join(folder, "nowhere.csv"))).toEqual([]);
});

test("a file with other columns is begun anew", () => {
  openCsvLog(file).add({ step: 20, mse: 1 });
  expect(readFileSync(file, "utf8")).toBe("step,mse\n20,1\n");
});
