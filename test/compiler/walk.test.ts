/** The walk in ARCHITECTURE.md is what the command prints. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const typegrad = (...args: readonly string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "--conditions=typegrad-source", "compiler/cli.ts", ...args], {
    cwd: root,
    encoding: "utf8",
  });

describe("typegrad explain", () => {
  const architecture = readFileSync(new URL("../../ARCHITECTURE.md", import.meta.url), "utf8");

  test.each(["ddimStep", "sensitivity"])("%s", (name) => {
    const { stdout, status } = typegrad("explain", `test/programs/ddim.ts#${name}`);
    expect(status).toBe(0);
    expect(architecture).toContain(`\`\`\`text\n${stdout.trim()}\n\`\`\``);
  });

  test("shows passes on request", () => {
    const { stdout } = typegrad("explain", "test/programs/ddim.ts#sensitivity", "--passes");
    expect(stdout).toContain("# read\n");
    expect(stdout).toMatch(/# inline \([\d.]+ ms\): \(unchanged\)/);
  });
});

describe("typegrad check", () => {
  test("reads every function of a file, and compares its shapes with the types", () => {
    const { stdout, status } = typegrad("check", "test/programs/ddim.ts", "--types");
    expect(stdout).toMatch(/ddim\.ts#ddimStep: equations: \d+; of 1 calls, 3 dims are as typed\n/);
    expect(stdout).toContain("ddim.ts#sensitivity");
    expect(status).toBe(0);
  });

  test("reports every fault, with exit code 1 and no stack", () => {
    const { stderr, status } = typegrad("check", "test/errors/outer-mutation.ts");
    expect(stderr).toMatch(/test\/errors\/outer-mutation\.ts:\d+:\d+ TG204 /);
    expect(stderr).toContain("Instead: ");
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });

  test.each([
    ["nowhere.ts", /TG102 there is no file nowhere\.ts/],
    ["test/programs/ddim.ts#sample", /TG103 no export is named sample\n {2}The file exports ddimStep, sensitivity\./],
    ["test/errors/open-dim.ts", /TG107 a dim of x is not known: B/],
  ])("%s", (target, message) => {
    const { stderr, status } = typegrad("check", target);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });

  test("takes dims and static values", () => {
    expect(typegrad("check", "test/errors/open-dim.ts", "--dim", "B=4").status).toBe(0);
    expect(typegrad("check", "test/errors/open-parameter.ts", "--static", "scale=0.5").status).toBe(0);
    const { stderr, status } = typegrad("check", "test/errors/open-dim.ts", "--dim", "B=half");
    expect(stderr).toContain("--dim B=half: a dim is a whole number from 0 up");
    expect(status).toBe(1);
  });
});
