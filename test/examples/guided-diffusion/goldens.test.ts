/** `adm goldens` over the numbers that tests have, and over a copy of some of them with one that is damaged. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { registerGoldens } from "../../../examples/guided-diffusion/cli/goldens.ts";
import { createProgram, runProgram } from "../../../examples/guided-diffusion/cli/program.ts";

const goldens = fileURLToPath(new URL("../../goldens", import.meta.url));
const temporary: string[] = [];

afterEach(() => {
  for (const directory of temporary.splice(0)) rmSync(directory, { recursive: true, force: true });
  vi.restoreAllMocks();
});

/** Runs the command; the rows that it printed, and the code that it exits with. */
const run = async (...argv: readonly string[]) => {
  const lines: string[] = [];
  const errors: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors.push(String(text));
    return true;
  });
  const exitCode = await runProgram(createProgram([registerGoldens]), ["goldens", ...argv]);
  vi.restoreAllMocks();
  const rows = lines.slice(1).map((line) => line.split(/ {2,}/));
  return { exitCode, rows, last: lines.at(-1), errors: errors.join("") };
};

/** Some files of the goldens in a folder of their own. */
const copyOf = (...names: readonly string[]): string => {
  const directory = mkdtempSync(path.join(tmpdir(), "goldens-"));
  temporary.push(directory);
  for (const name of names) cpSync(path.join(goldens, name), path.join(directory, name));
  return directory;
};

test("networks, with their gradients, pass on WASM", async () => {
  const { exitCode, rows, last } = await run(
    goldens,
    "--device",
    "wasm",
    "--only",
    "^(tiny|classifier-adaptive|superres)$",
  );
  expect(last).toMatch(/^\d+ passed, 0 failed, 0 skipped$/);
  expect(exitCode).toBe(0);
  const quantities = rows.map(([name, quantity]) => `${name} ${quantity}`);
  for (const wanted of ["tiny out", "superres out_odd", "classifier-adaptive grad.x", "tiny keys and shapes"])
    expect(quantities).toContain(wanted);
}, 120_000);

test("files, images and metrics pass", async () => {
  const { exitCode, rows } = await run(goldens, "--device", "direct", "--only", "npz$|pt$|^images/|^metrics/");
  expect(rows.filter((row) => row.includes("FAIL"))).toEqual([]);
  expect(exitCode).toBe(0);
  expect(rows.length).toBeGreaterThan(60);
}, 60_000);

test("networks that cost more than is asked for are skipped, and counted", async () => {
  const flags = ["--device", "direct", "--most-gflop", "0.001", "--only", "^tiny$"];
  const { exitCode, rows, last } = await run(goldens, ...flags);
  expect(exitCode).toBe(0);
  expect(last).toBe("1 passed, 0 failed, 1 skipped");
  expect(rows[1]?.at(-1)).toMatch(/^skipped, \d+\.\d GFLOP$/);
});

test("one number that is off makes exit code 1, and its row says by how much", async () => {
  const directory = copyOf("tiny.json", "tiny.safetensors", "tiny.pt");
  const file = path.join(directory, "tiny.safetensors");
  const bytes = readFileSync(file);
  const header = Number(bytes.readBigUInt64LE(0));
  const { out } = JSON.parse(bytes.toString("utf8", 8, 8 + header));
  const place = 8 + header + out.data_offsets[0] + 4 * 100;
  bytes.writeFloatLE(bytes.readFloatLE(place) + 1e-3, place);
  writeFileSync(file, bytes);
  const { exitCode, rows, last, errors } = await run(directory, "--device", "direct");
  expect(exitCode).toBe(1);
  expect(last).toBe("1 passed, 1 failed, 0 skipped");
  expect(rows.find((row) => row.includes("FAIL"))?.slice(0, 4)).toEqual(["tiny", "out", "direct", "1.0e-3"]);
  expect(errors).toBe("1 quantity differs by more than it may\n");
});

test.each<readonly [string, () => readonly string[], string]>([
  ["a folder that is not there", () => [path.join(goldens, "none")], "there is no such file or folder"],
  ["a folder without cases", () => [copyOf("optim.json")], "there is no case in it"],
  ["a pattern that nothing matches", () => [goldens, "--only", "^nothing$"], "whose name matches ^nothing$"],
  ["a pattern that is none", () => [goldens, "--only", "("], "--only (: "],
  ["a device that is none", () => [goldens, "--device", "abacus"], "Allowed choices are direct, program, wasm, webgpu"],
])("%s makes exit code 2", async (_, argv, text) => {
  const { exitCode, errors } = await run(...argv());
  expect(exitCode).toBe(2);
  expect(errors).toContain(text);
});

test("a JSON that is cut off makes exit code 2, and is named", async () => {
  const directory = copyOf("tiny.json", "tiny.safetensors", "tiny.pt");
  const file = path.join(directory, "tiny.json");
  writeFileSync(file, readFileSync(file).subarray(0, 500));
  const { exitCode, errors } = await run(directory);
  expect(exitCode).toBe(2);
  expect(errors).toContain("tiny.json is no JSON");
});
