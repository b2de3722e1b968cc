/** Training that is killed at any moment, and gone on with, ends with the bytes of training that was not. */

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTrainingImages } from "../../../support/training-images.ts";

/** Kills of one run; `KILLS=20 npx vitest run test/examples/guided-diffusion/training/kill.test.ts` for more. */
const kills = Number(process.env.KILLS ?? 2);
const steps = 30 + 20 * kills;

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "adm-kill-"));
beforeAll(() => writeTrainingImages(join(folder, "images"), 9, 11));
afterAll(() => rmSync(folder, { recursive: true }));

const flags =
  "--image_size 8 --num_channels 8 --num_res_blocks 1 --channel_mult 1 --attention_resolutions 8 --num_heads 1 --norm_groups 4 --learn_sigma --diffusion_steps 100 --random_crop --batch_size 4 --save_interval 5 --log_interval 1 --ema_rate 0.9 --held_out 4 --lr 1e-3 --device wasm --threads 1";

/** Trains in a process of its own, which is killed some milliseconds after its first step; resolves to how it ended. */
const run = (out: string, killAfter?: number): Promise<{ readonly killed: boolean; readonly text: string }> =>
  new Promise((resolve, reject) => {
    const images = join(folder, "images");
    const child = spawn(
      process.execPath,
      [
        ...["--import", "tsx", "--conditions=typegrad-source", "examples/guided-diffusion/adm.ts", "train"],
        ...[...flags.split(" "), "--steps", `${steps}`, "--data_dir", images, "--held_out_dir", images, "--out", out],
      ],
      { cwd: root, stdio: ["ignore", "ignore", "pipe"] },
    );
    let text = "";
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (killAfter !== undefined && text.includes("gradient"))
        timer ??= setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) reject(new Error(text));
      else resolve({ killed: signal === "SIGKILL", text });
    });
  });

/** The rows of a log without the time, which is another in each run. */
const rowsOf = (out: string, name: string): string[] =>
  readFileSync(join(out, name), "utf8")
    .split("\n")
    .map((row) =>
      row
        .split(",")
        .filter((_, i) => name !== "losses.csv" || i !== 1)
        .join(","),
    );

const kept = ["training.safetensors", "model000020.pt", `ema_0.9_${`${steps}`.padStart(6, "0")}.pt`];

test(
  `killed ${kills} times, and gone on with each time`,
  async () => {
    const whole = join(folder, "whole");
    const { text } = await run(whole);
    expect(text).toContain(`step ${steps}:`);

    const out = join(folder, "killed");
    const delays = Array.from({ length: kills }, () => Math.round(Math.random() * 150));
    const told = `killed ${delays.join(", ")} ms after the first step`;
    let killed = 0;
    while (killed < kills) {
      const ended = await run(out, delays[killed]);
      if (!ended.killed) break;
      killed++;
    }
    if (killed === kills) await run(out);
    expect(killed, `the run ended before it was killed as often: ${told}`).toBe(kills);
    for (const name of kept)
      expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name))), `${name}, ${told}`).toBe(true);
    for (const name of ["losses.csv", "held-out.csv"]) expect(rowsOf(out, name)).toEqual(rowsOf(whole, name));
  },
  120_000 + 60_000 * kills,
);
