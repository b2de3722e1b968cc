/** ADM's network for 64 × 64 images, at full size: 296 M parameters, read from source as shapes alone. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Times {
  readonly sinceStart: number;
  readonly cold: number;
  readonly warm: number;
  readonly gradient: number;
  readonly typed: number;
  readonly equations: number;
}

/** Seconds in a process of its own, the least of a few: a busy machine only ever adds time. */
const least = (runs: number): Times => {
  const all = Array.from({ length: runs }, (): Times => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "--conditions=typegrad-source", "test/programs/time-adm64.ts"],
      { cwd: root, encoding: "utf8" },
    );
    if (!stdout.startsWith("{")) throw new Error(stderr);
    return JSON.parse(stdout);
  });
  const min = (key: keyof Times): number => Math.min(...all.map((times) => times[key]));
  return {
    sinceStart: min("sinceStart"),
    cold: min("cold"),
    warm: min("warm"),
    gradient: min("gradient"),
    typed: min("typed"),
    equations: min("equations"),
  };
};

describe("ADM at 64 × 64", () => {
  test("goes from source to an optimised program in 1.5 s cold, 0.3 s warm, its gradient in 1 s more, and its types in 2.5 s", () => {
    const times = least(3);
    expect(times.cold).toBeLessThan(1.5);
    expect(times.sinceStart).toBeLessThan(3);
    expect(times.warm).toBeLessThan(0.3);
    expect(times.gradient).toBeLessThan(1);
    // What the checker needs to start, and to derive 541 types from the config.
    expect(times.typed).toBeLessThan(2.5);
    expect(times.equations).toBeGreaterThan(885);
  }, 120_000);
});
