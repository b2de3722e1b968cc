/** `typegrad explain --device`: from the lines of a residual block to its kernels. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { compileTarget } from "../../compiler/cli/compile-target.ts";
import { timePlan } from "../../compiler/cli/time-plan.ts";
import type { Compilation } from "../../compiler/compile-plan.ts";
import { explainPlan } from "../../compiler/explain-plan.ts";
import type { Program } from "../../compiler/ir/program.ts";

const file = "test/programs/residual.ts";
const lines = readFileSync(fileURLToPath(new URL("../programs/residual.ts", import.meta.url)), "utf8").split("\n");
const lineOf = (_: string, line: number): string => lines[line - 1] ?? "";
/** The number of the line that begins with a text. */
const numberOf = (text: string): number => 1 + lines.findIndex((line) => line.trim().startsWith(text));

let compiled: Compilation & { readonly program: Program };
let text = "";
beforeAll(async () => {
  compiled = await compileTarget(`${file}#residual`, { dim: { B: 2 }, device: "wasm", bind: ["params"] });
  text = explainPlan(compiled.program, compiled, { lineOf });
}, 60_000);

/** What stands below a line of the source. */
const sectionOf = (start: string): string => {
  const header = `${file}:${numberOf(start)} │ ${lineOf("", numberOf(start)).trim()}`;
  const from = text.indexOf(header);
  expect(from, header).toBeGreaterThan(0);
  return text.slice(from, text.indexOf(`\n${file}:`, from + 1));
};

describe("the explanation of a residual block", () => {
  test("begins with what it costs, line by line", () => {
    const [summary = ""] = text.split("How to read on");
    expect(summary).toMatch(/^residual\n\ndevice +wasm\nparameters +params \(bound\), x, embedding: 14 tensors\n/);
    const shares = [...summary.matchAll(/residual\.ts:\d+ +\d+ +[\d.]+ \w?FLOP +(\d+)%/g)].map(([, share]) =>
      Number(share),
    );
    expect(shares.length).toBe(5);
    expect(shares.reduce((a, b) => a + b)).toBeGreaterThan(96);
    expect(summary).toContain("const skip = conv(params.skip, x);");
  });

  test("has the equations and kernels of each line, with the user's line for library code", () => {
    const hidden = sectionOf("const hidden");
    expect(hidden).toContain("in groupNorm:");
    expect(hidden).toMatch(/hidden: f32\[2, 64, 16, 16\] = conv\{/);
    expect(hidden).toMatch(
      /kernel \d+ · hidden, in residual \/ conv\n {4}computes hidden \(line 20\)\n {4}products of f32\[2, 32, 18, 18\] and f32\[64, 32, 3, 3\]/,
    );
    expect(hidden).toMatch(/reads .*params\.conv1\.weight/);
    expect(hidden).toMatch(/\n {4}kernel hidden\(/);
    expect(sectionOf("const modulated")).toMatch(/\n {2}computed in kernel \d+\n/);
    expect(text).not.toContain("dsl/nn/");
  });

  test("names every value, and cuts long kernels", () => {
    expect(text).not.toMatch(/%\d+:|stores a value/);
    expect(text).toMatch(/… \d+ lines, which --whole shows …/);
    expect(explainPlan(compiled.program, compiled, { lineOf, whole: true })).not.toContain("which --whole shows");
  });

  test("says which equations each kernel computes, by the names that they have", () => {
    expect(sectionOf("const hidden")).toMatch(
      /computes .*x'8 \(line 20\), with a border of zeros\n {4}reads x f32\[2, 32, 16, 16\], sum'/,
    );
    const names = [...text.matchAll(/\n {4}writes (.*)/g)].map(([, list = ""]) => list.match(/[\w.']+ f32/g) ?? []);
    for (const list of names) expect(new Set(list).size).toBe(list.length);
    const last = sectionOf("return add");
    expect(last).toMatch(/computes .*skip'.*\(line 25\), .*result'2 \(line 26\)/);
    expect(last.split("which --whole shows").at(-1)).toMatch(/\n {10,}result'2\[.*\] = /);
  });

  test("gives tensors and values of a kernel names apart", () => {
    const kernels = explainPlan(compiled.program, compiled, { lineOf, whole: true })
      .split(/\n {4}kernel /)
      .slice(1);
    for (const kernel of kernels) {
      const [head = ""] = kernel.split("\n");
      const tensors = [...head.matchAll(/([\w.']+): (?:read|write)/g)].map(([, name]) => name);
      const values = [...kernel.matchAll(/\n +(?:let|var) ([\w.']+):/g)].map(([, name]) => name);
      expect(values.filter((name) => tensors.includes(name))).toEqual([]);
    }
  });

  test("says which kernels only prepare weights", async () => {
    expect(text).toMatch(/\nweights {5}\d+ kernels prepare weights once, when params is bound/);
    const open = await compileTarget(`${file}#residual`, { dim: { B: 2 }, device: "wasm" });
    expect(explainPlan(open.program, open, { lineOf })).toMatch(
      /\nweights {5}kernels 3, 10 and 13 only prepare weights, .*: with --bind params they run once\n/,
    );
  });

  test("prints the text of the device in place of loops", () => {
    const textOf = (_: unknown, number: number): string => `text of ${number}`;
    const shown = explainPlan(compiled.program, compiled, { lineOf, textOf });
    expect(shown).toMatch(/\n {4}text of \d+\n/);
    expect(shown).not.toContain("loop ");
  });

  test("says what is made once", () => {
    expect(text).toMatch(/Once, when params is bound\n\n[\s\S]*transforms params\.conv1\.weight for F\(/);
  });

  test("measures kernels", async () => {
    const times = await timePlan(compiled.plan, "wasm", 1);
    expect(times.call).toBeGreaterThan(0);
    const timed = explainPlan(compiled.program, compiled, { lineOf, times, summary: true });
    expect(timed).toMatch(/measured +[\d.]+ ms a call, [\d.]+ GFLOP\/s, on wasm, 1 thread\n/);
    expect(timed).toMatch(/residual\.ts:\d+ .* ms +\d+% +[\d.]+ GFLOP\/s +const hidden/);
    expect(timed).not.toContain("How to read on");
  });
});
