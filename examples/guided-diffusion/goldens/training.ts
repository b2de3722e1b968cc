/** Steps of training: losses and norms of each, and parameters and averages after the last. */

import { fileURLToPath } from "node:url";
import { ones, tensor } from "typegrad";
import { coefficientTable } from "../diffusion/coefficients.ts";
import { namedSchedule, type ScheduleName } from "../diffusion/schedule.ts";
import type { UNetConfig } from "../networks/config.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { initTraining } from "../training/state.ts";
import type { UNetTraining } from "../training/train-unet.ts";
import { mostlyWithin, type Numbers, numbersOf, relativelyWithin, withinEach } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import * as programs from "./diffusion-programs.ts";
import { forwardFlops, gradientFlops } from "./flops.ts";
import type { Folder, Tensors } from "./folder.ts";
import { objectiveOf } from "./losses.ts";
import { openNetwork } from "./network-case.ts";
import { type Finding, failed, type GoldenCase, skipped } from "./row.ts";

const source = fileURLToPath(new URL("diffusion-programs.ts", import.meta.url));

interface Step {
  readonly loss: readonly number[];
  readonly mse: readonly number[];
  readonly vb: readonly number[];
  readonly grad_norm: number;
  readonly param_norm_before_step: number;
}

interface Run {
  readonly model: string;
  /** "linear 1000, RESCALED_MSE, LEARNED_RANGE, EPSILON" */
  readonly diffusion: string;
  readonly optimizer: {
    readonly kind: string;
    readonly lr: number;
    readonly weight_decay: number;
    readonly betas: readonly number[];
    readonly eps: number;
  };
  readonly ema_rate: number;
  readonly steps: readonly Step[];
}

export async function* trainingCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (folder.has("train.json")) yield { name: "train", run: () => trainingFindings(folder, device) };
}

async function* trainingFindings(folder: Folder, device: GoldenDevice): AsyncGenerator<Finding> {
  const file = await folder.json<Run>("train.json");
  const { kind, lr, weight_decay, betas, eps } = file.optimizer;
  if (kind !== "AdamW" || betas.join() !== "0.9,0.999" || eps !== 1e-8) {
    yield failed("all", "training is by AdamW with betas 0.9 and 0.999 and eps 1e-8, and the run has others");
    return;
  }
  const [process = "", loss = "", variance = "", mean = ""] = file.diffusion.split(/,\s*/);
  const [name = "", count = ""] = process.split(" ");
  const schedule = namedSchedule(name as ScheduleName, Number(count));
  const { config, params } = await openNetwork<UNetConfig>(folder, file.model);
  const inputs = await folder.tensors("train.in.safetensors");
  const training: UNetTraining = {
    config,
    objective: objectiveOf(mean, variance, loss),
    steps: schedule.steps,
    weightDecay: weight_decay,
    averageRates: [file.ema_rate],
  };
  const flops = gradientFlops(forwardFlops(config, inputs.at("step0.x0").shape as readonly number[]), true);
  if (flops > device.mostFlops) {
    yield skipped("all", `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`);
    return;
  }
  const table = coefficientTable(schedule);
  const inputsOf = (i: number, state: programs.TrainInputs["state"]): programs.TrainInputs =>
    ({ state, examples: examplesOf(inputs, i), table, rate: tensor(lr) }) as unknown as programs.TrainInputs;
  let state = initTraining<Parameters>(params, 1);
  const run = await device.prepare(programs.trainStep, source, training, inputsOf(0, state));
  for (const [i, expected] of file.steps.entries()) {
    const found = await run(inputsOf(i, state));
    state = found.state;
    const t = numbersOf(inputs.host(`step${i}.t`));
    const { loss, mse, bound } = found.losses;
    for (const [name, values] of Object.entries({ loss, mse, vb: bound }))
      yield lossFinding(device, `step ${i} ${name}`, numbersOf(values as never), expected[name as "loss"], t);
    yield relativelyWithin(`step ${i} norm of gradients`, numbersOf(found.gradientNorm), [expected.grad_norm], 1e-4);
    const norm = expected.param_norm_before_step;
    yield relativelyWithin(`step ${i} norm of parameters`, numbersOf(found.parameterNorm), [norm], 1e-4);
  }
  const stored = await folder.tensors("train.out.safetensors");
  yield parametersFinding("param", state.params, stored);
  yield parametersFinding("ema", state.averages[0] as Parameters, stored);
}

const examplesOf = (inputs: Tensors, i: number): unknown => {
  const at = (name: string) => inputs.at(`step${i}.${name}`);
  const y = inputs.has(`step${i}.y`) ? { y: at("y") } : {};
  const xStart = at("x0");
  return { xStart, noise: at("noise"), step: at("t"), importance: ones([xStart.shape[0]]), ...y };
};

/** 1e-5 of each; terms of the bound, which are differences of nearly equal numbers, to 1e-6 too, and at step 0 to 1 %. */
const lossFinding = (
  { isLoose }: GoldenDevice,
  quantity: string,
  found: Numbers,
  expected: readonly number[],
  t: Numbers,
): Finding => {
  const share = isLoose ? 2e-4 : 1e-5;
  const bounds = expected.map((value, i) =>
    Math.max(quantity.endsWith("mse") || t[i] !== 0 ? share * Math.abs(value) : 0.01 * Math.abs(value), 1e-6),
  );
  return withinEach(quantity, found, expected, bounds, `${share.toExponential(1)} of each, 1 % at t = 0`);
};

/**
 * All entries but those of biases, of which 99.9 % are within 2e-5: Adam divides by the root of the second moment, so where
 * the exact gradient is zero, as of some biases, a parameter walks at random.
 */
const parametersFinding = (prefix: string, found: Parameters, stored: Tensors): Finding => {
  const keys = stored.keys.filter((key) => key.startsWith(`${prefix}.`) && !key.endsWith(".bias"));
  const join = (parts: readonly Numbers[]): number[] => parts.flatMap((part) => Array.from(part));
  return mostlyWithin(
    `${prefix}, biases aside, after the last step`,
    join(keys.map((key) => numbersOf(found[key.slice(prefix.length + 1)] as never))),
    join(keys.map((key) => numbersOf(stored.host(key)))),
    { bound: 2e-5, share: 1e-3 },
  );
};
