/** Runs of training: cut off and gone on with, and what is refused. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Host } from "../../../../dsl/host.ts";
import { map, type Tensor, tensor, toHost, treeMap } from "../../../../dsl/index.ts";
import { key } from "../../../../dsl/random/index.ts";
import { datasetInMemory, exampleOrder } from "../../../../examples/guided-diffusion/data/dataset.ts";
import { coefficientTable } from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import type { UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import { initUNet } from "../../../../examples/guided-diffusion/networks/parameters.ts";
import { compileUNetStep } from "../../../../examples/guided-diffusion/training/compiled-steps.ts";
import { initialState } from "../../../../examples/guided-diffusion/training/flat-state.ts";
import { admObjective } from "../../../../examples/guided-diffusion/training/objective.ts";
import {
  type RunOptions,
  runTraining,
  type StepLog,
  type TrainingStep,
} from "../../../../examples/guided-diffusion/training/run.ts";
import { initTraining } from "../../../../examples/guided-diffusion/training/state.ts";
import { trainUNet } from "../../../../examples/guided-diffusion/training/train-unet.ts";
import { type Device, openDevice } from "../../../../runtime/index.ts";

const config: UNetConfig = {
  inChannels: 1,
  outChannels: 2,
  modelChannels: 8,
  widths: [8],
  resBlocks: 1,
  attentionFactors: [],
  headChannels: 8,
  groups: 4,
  scaleShiftNorm: true,
};
const batch = 4;
const schedule = namedSchedule("cosine", 100);
const dataset = datasetInMemory(
  { name: "gradients", channels: 1, height: 4, width: 4, classes: 2 },
  Uint8Array.from({ length: 11 * 16 }, (_, i) => (i * 37) % 256),
  Uint8Array.from({ length: 11 }, (_, i) => i % 2),
);
const folder = mkdtempSync(join(tmpdir(), "typegrad-run-"));
let device: Device;
let step: TrainingStep;

beforeAll(async () => {
  const training = { config, objective: admObjective, steps: schedule.steps, averageRates: [0.9] };
  device = await openDevice({ kind: "wasm", threads: 1 });
  step = await compileUNetStep(training, { device, batch, height: 4, width: 4, schedule });
}, 60_000);
afterAll(() => {
  device.close();
  rmSync(folder, { recursive: true });
});

const start = async (): Promise<Readonly<Record<string, Host>>> => initialState(initUNet(config, key(3)), 1);

const options = (name: string, more: Partial<RunOptions> = {}): RunOptions => ({
  folder: join(folder, name),
  dataset,
  batch,
  steps: 7,
  seed: 5,
  timesteps: schedule.steps,
  rate: { lr: 0.01, warmup: 3, annealSteps: 7 },
  saveInterval: 2,
  logInterval: 1,
  about: {},
  ...more,
});

const bytesOf = (name: string): Buffer => readFileSync(join(folder, name, "training.safetensors"));

test("a run that is cut off, between saves too, ends with the bytes of one that was not", async () => {
  const logs: StepLog[] = [];
  await runTraining(step, start, options("whole", { onLog: (log) => void logs.push(log) }));
  expect(logs.map((log) => log.step)).toEqual([1, 2, 3, 4, 5, 6, 7]);

  for (const cutAfter of [3, 4]) {
    const name = `cut${cutAfter}`;
    let calls = 0;
    const failing: TrainingStep = async (...args) => {
      if (calls++ === cutAfter) throw new Error("killed");
      return step(...args);
    };
    await expect(runTraining(failing, start, options(name))).rejects.toThrow("killed");
    await runTraining(step, start, options(name));
    expect(bytesOf(name).equals(bytesOf("whole")), `cut after ${cutAfter}`).toBe(true);
  }
});

test("steps drawn by their losses go on as they were, with the history of the run", async () => {
  // Of four steps all have ten losses soon, so that draws and weights are no longer uniform.
  const short = namedSchedule("cosine", 4);
  const training = { config, objective: admObjective, steps: short.steps, averageRates: [0.9] };
  const own = await compileUNetStep(training, { device, batch, height: 4, width: 4, schedule: short });
  const seen: number[] = [];
  const watched: TrainingStep = (state, input) => {
    seen.push(...(input.importance.data as Float32Array));
    return own(state, input);
  };
  const more = { steps: 24, saveInterval: 5, timesteps: short.steps, stepSampler: "loss-second-moment" } as const;
  await runTraining(watched, start, options("moments", more));
  expect(seen.slice(0, 4)).toEqual([1, 1, 1, 1]);
  expect(seen.slice(-4).every((importance) => importance !== 1)).toBe(true);

  let calls = 0;
  const failing: TrainingStep = async (...args) => {
    if (calls++ === 21) throw new Error("killed");
    return own(...args);
  };
  await expect(runTraining(failing, start, options("momentsCut", more))).rejects.toThrow("killed");
  await runTraining(own, start, options("momentsCut", more));
  expect(bytesOf("momentsCut").equals(bytesOf("moments"))).toBe(true);
  await expect(runTraining(own, start, options("moments", { ...more, stepSampler: "uniform" }))).rejects.toThrow(
    "stepSampler was loss-second-moment, and is not said",
  );
});

test("a run that is asked to stop saves where it is", async () => {
  const controller = new AbortController();
  const onLog = ({ step }: StepLog): void => void (step === 3 && controller.abort());
  await runTraining(step, start, options("stopped", { signal: controller.signal, onLog }));
  await runTraining(step, start, options("stopped"));
  expect(bytesOf("stopped").equals(bytesOf("whole"))).toBe(true);
});

test("other options on a run are refused by name, and the run is left as it was", async () => {
  const before = bytesOf("whole");
  await expect(runTraining(step, start, options("whole", { seed: 6 }))).rejects.toThrow(
    /cannot go on with other options: seed was 5, and is 6/,
  );
  expect(bytesOf("whole").equals(before)).toBe(true);
});

test("a loss that is no number ends the run, and the last good state is kept", async () => {
  let calls = 0;
  const broken: TrainingStep = async (state, input) => {
    const images =
      ++calls === 4 ? { ...input.images, data: new Float32Array(batch * 16).fill(Number.NaN) } : input.images;
    return step(state, { ...input, images });
  };
  await expect(runTraining(broken, start, options("broken"))).rejects.toThrow(/no number any more by step 4/);
  // The step that made it is not saved either where saves come between lines.
  calls = 0;
  await expect(runTraining(broken, start, options("between", { saveInterval: 4, logInterval: 7 }))).rejects.toThrow(
    /no number any more by step 4/,
  );
  await runTraining(step, start, options("broken"));
  expect(bytesOf("broken").equals(bytesOf("whole"))).toBe(true);
});

test("a config with dropout is trained with it", async () => {
  const training = {
    config: { ...config, dropout: 0.5 },
    objective: admObjective,
    steps: schedule.steps,
    averageRates: [0.9],
  };
  const dropping = await compileUNetStep(training, { device, batch, height: 4, width: 4, schedule });
  await runTraining(dropping, start, options("dropout"));
  await runTraining(dropping, start, options("dropoutAgain"));
  expect(bytesOf("dropout").equals(bytesOf("dropoutAgain"))).toBe(true);
  expect(bytesOf("dropout").equals(bytesOf("whole"))).toBe(false);
});

test("parts of a batch drop features of their own", async () => {
  const state = initTraining(initUNet({ ...config, dropout: 0.5 }, key(3)), 0);
  const once = <T extends "f32" | "i32">(shape: readonly number[], value: number, dtype: T) =>
    tensor({ dtype, shape, data: new (dtype === "f32" ? Float32Array : Int32Array)(2).fill(value) } as never);
  const pixels = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i % 16));
  const images = tensor({ dtype: "f32", shape: [2, 1, 4, 4], data: pixels });
  // The network begins with layers of zeros, which hide what is before them.
  const alive = treeMap((x) => map(x as unknown as Tensor, (x) => x + 0.1) as never, state.params);
  const losses = (dropout: number): number[] => {
    const examples = { xStart: images, noise: images, step: once([2], 50, "i32"), importance: once([2], 1, "f32") };
    const training = { config: { ...config, dropout }, objective: admObjective, steps: 100, averageRates: [] };
    const { losses } = trainUNet(
      { ...training, microbatches: 2 },
      { ...state, params: alive },
      examples as never,
      coefficientTable(schedule),
      tensor(0),
      key(4),
    );
    return Array.from(toHost(losses.loss as Tensor).data as Float32Array);
  };
  const [same, alike] = losses(0);
  expect(same).toBe(alike);
  const [one, other] = losses(0.5);
  expect(one).not.toBe(other);
});

test("each pass over the data has each image once, in an order of its own", () => {
  const order = exampleOrder(key(1), 8, 4);
  const passes = [0, 2].map((first) => [...order(first), ...order(first + 1)]);
  for (const pass of passes) expect([...pass].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(passes[0]).not.toEqual(passes[1]);
  expect(() => exampleOrder(key(1), 3, 4)).toThrow(/a batch of 4 images of 3/);
});
