/** Random programs mean the same run directly, read by the compiler, and on WebAssembly. `npm run fuzz` draws more of them. */

import { afterAll, describe, expect, it } from "vitest";
import { manifest } from "../support/manifest.ts";
import { checkPrograms, type SuiteReport } from "../support/programs-suite.ts";
import { wasmStages } from "../support/wasm-stage.ts";

/** One seed for all runs: a failure comes back. */
const seed = 20261;
const batches = 2;
const programsPerBatch = 1000;

const reports: SuiteReport[] = [];

describe("random programs", () => {
  it.each(Array.from({ length: batches }, (_, batch) => batch * programsPerBatch))(
    "mean the same compiled, %i and on",
    (from) => {
      const report = checkPrograms({ seed, from, count: programsPerBatch, devices: wasmStages });
      reports.push(report);
      expect(report.failures.map((failure) => failure.report).join("\n\n")).toBe("");
    },
    240_000,
  );

  const total = (count: (report: SuiteReport) => number): number =>
    reports.reduce((sum, report) => sum + count(report), 0);

  it("leave little out", () => {
    expect(total(({ programs }) => programs)).toBe(batches * programsPerBatch);
    expect(total(({ entries }) => entries)).toBeGreaterThan(20_000);
    expect(total(({ undefinedEntries }) => undefinedEntries)).toBeLessThan(total(({ entries }) => entries) / 50);
    expect(total(({ leftOut }) => leftOut.length)).toBeLessThan(total(({ programs }) => programs) / 100);
  });

  it("hold every op of the language, and every transform", () => {
    const called = new Set(reports.flatMap(({ text }) => [...text.matchAll(/\b(\w+)\(/g)].map(([, name]) => name)));
    const transforms = ["grad", "valueAndGrad", "vjp", "jvp", "customVjp", "checkpoint", "composite"];
    expect([...Object.keys(manifest), ...transforms].filter((name) => !called.has(name))).toEqual([]);
  });

  afterAll(() => {
    reports.length = 0;
  });
});
