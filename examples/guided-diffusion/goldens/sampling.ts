/** Chains of sampling, step by step, with the noise that is stored; and the likelihood of images. */

import { fileURLToPath } from "node:url";
import { type Tensor, tensor } from "typegrad";
import { ascending, coefficientsAt, coefficientTable, descending } from "../diffusion/coefficients.ts";
import { respace } from "../diffusion/respace.ts";
import { namedSchedule, type ScheduleName } from "../diffusion/schedule.ts";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { mostlyWithin, numbersOf, same, tensorWithin, within } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import * as programs from "./diffusion-programs.ts";
import { forwardFlops } from "./flops.ts";
import type { Folder, Tensors } from "./folder.ts";
import { type Network, openNetwork } from "./network-case.ts";
import { type Finding, failed, type GoldenCase, skipped } from "./row.ts";
import { boundOf, type StoredError } from "./tolerance.ts";

const source = fileURLToPath(new URL("diffusion-programs.ts", import.meta.url));

interface Run {
  readonly name: string;
  /** Not said of encoding and of likelihoods. */
  readonly sampler?: "ddpm" | "ddim";
  readonly schedule: ScheduleName;
  readonly respacing: string;
  readonly guided?: boolean;
  readonly clip_denoised: boolean;
  readonly eta?: number;
  readonly classifier_scale?: number;
  readonly timesteps_in_order?: readonly number[];
  readonly x0?: string;
  readonly errors: Readonly<Record<string, StoredError>> & { readonly per_step_x?: readonly number[] };
}

interface SamplingFile {
  readonly model: string;
  readonly classifier: string;
  readonly runs: readonly Run[];
}

export async function* samplingCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (!folder.has("sampling.json")) return;
  const file = await folder.json<SamplingFile>("sampling.json");
  for (const run of file.runs) {
    const findings = run.errors.total_bpd === undefined ? chainFindings : likelihoodFindings;
    yield { name: `sampling/${run.name}`, run: () => findings(folder, device, file, run) };
  }
}

const scheduleOf = ({ schedule, respacing }: Run) => respace(namedSchedule(schedule, 1000), respacing);

async function* chainFindings(
  folder: Folder,
  device: GoldenDevice,
  file: SamplingFile,
  run: Run,
): AsyncGenerator<Finding> {
  const [inputs, stored] = await openTensors(folder);
  const network = await openNetwork<UNetConfig>(folder, file.model);
  const guide = run.guided ? await openNetwork<ClassifierConfig>(folder, file.classifier) : undefined;
  const isReverse = run.sampler === undefined;
  const start = isReverse ? stored.at(`${run.name}.x0`) : inputs.at("x_T");
  const skip = tooMuch(device, network, start);
  if (skip !== undefined) {
    yield skip;
    return;
  }
  const schedule = scheduleOf(run);
  const order = isReverse ? ascending(schedule) : descending(schedule);
  const steps = order.map((t) => schedule.timestepMap[t]);
  if (run.timesteps_in_order !== undefined) yield same("timesteps", steps, run.timesteps_in_order);
  const noises = inputs.at("noise");
  const inputsAt = (x: Tensor, t: number, i: number): programs.StepInputs =>
    ({
      params: network.params,
      ...(guide && { classifierParams: guide.params }),
      x,
      c: coefficientsAt(schedule, t),
      noise: rowAt(noises, i),
      y: inputs.at("y"),
      eta: tensor(run.eta ?? 0),
      scale: tensor(run.classifier_scale ?? 0),
    }) as unknown as programs.StepInputs;
  const settings: programs.StepSettings = {
    config: network.config,
    ...(guide && { classifierConfig: guide.config }),
    sampler: run.sampler ?? "reverse",
    clips: run.clip_denoised,
  };
  const step = await device.prepare(programs.samplingStep, source, settings, inputsAt(start, order[0] as number, 0));
  let x = start;
  const states: Tensor[] = [];
  const predictions: Tensor[] = [];
  for (const [i, t] of order.entries()) {
    const stepped = await step(inputsAt(x, t, i));
    x = stepped.x as Tensor;
    states.push(x);
    predictions.push(stepped.xStart as Tensor);
  }
  yield chainFinding(device, stored, `${run.name}.x`, states, run.errors.x as StoredError);
  // x₀ = x √(1/ᾱ) − ε √(1/ᾱ − 1) takes so many times the error of x, where no other is known.
  const ofX = run.errors.x as StoredError;
  const factor = Math.max(...schedule.sqrtRecipAlphaBar);
  const ofXStart = { max_abs_diff_from_float64: factor * ofX.max_abs_diff_from_float64, max_abs: 1 };
  yield chainFinding(device, stored, `${run.name}.pred_xstart`, predictions, run.errors.pred_xstart ?? ofXStart);
  if (!stored.has(`${run.name}.uint8`)) return;
  const bytes = numbersOf(stored.host(`${run.name}.uint8`));
  yield mostlyWithin("uint8 of the last", bytesOf(x), bytes, { bound: 0, share: 1e-3, most: 1 });
}

const openTensors = async (folder: Folder): Promise<readonly [Tensors, Tensors]> => [
  await folder.tensors("sampling.in.safetensors"),
  await folder.tensors("sampling.safetensors"),
];

const tooMuch = (device: GoldenDevice, { config }: Network, x: Tensor): Finding | undefined => {
  const flops = forwardFlops(config, x.shape as readonly number[]);
  return flops > device.mostFlops ? skipped("all", `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`) : undefined;
};

const rowAt = (x: Tensor, i: number): Tensor => {
  const [, ...shape] = x.shape as readonly number[];
  const size = shape.reduce((product, dim) => product * dim, 1);
  const data = (numbersOf(x) as Float32Array).slice(i * size, (i + 1) * size);
  return tensor({ dtype: "f32", shape, data }) as Tensor;
};

/** All steps of a chain, or the last one where that alone is stored. */
const chainFinding = (
  device: GoldenDevice,
  stored: Tensors,
  key: string,
  found: readonly Tensor[],
  error: StoredError,
): Finding => {
  const quantity = key.slice(key.indexOf(".") + 1);
  if (!stored.has(key)) return skipped(quantity, "not stored");
  const expected = stored.host(key);
  const bound = boundOf(device, error);
  const isAll = expected.shape[0] === found.length && expected.shape.length === (found[0] as Tensor).shape.length + 1;
  if (!isAll) return tensorWithin(`${quantity} of the last`, found.at(-1) as Tensor, expected, bound);
  return within(
    quantity,
    found.flatMap((x) => Array.from(numbersOf(x))),
    numbersOf(expected),
    bound,
  );
};

/** [−1, 1] as 0 … 255, truncated, channels last. */
const bytesOf = (x: Tensor): number[] => {
  const [batch, channels, height, width] = x.shape as unknown as readonly [number, number, number, number];
  const numbers = numbersOf(x);
  const places = height * width;
  return Array.from({ length: batch * places * channels }, (_, i) => {
    const [image, place, channel] = [
      Math.floor(i / (places * channels)),
      Math.floor(i / channels) % places,
      i % channels,
    ];
    const value = numbers[(image * channels + channel) * places + place] as number;
    return Math.trunc(Math.min(Math.max(Math.fround(Math.fround(value + 1) * 127.5), 0), 255));
  });
};

async function* likelihoodFindings(
  folder: Folder,
  device: GoldenDevice,
  file: SamplingFile,
  run: Run,
): AsyncGenerator<Finding> {
  const [given, stored] = await openTensors(folder);
  if (run.x0 === undefined || !stored.has(run.x0)) {
    yield failed("all", "the images (x0) are not stored");
    return;
  }
  const network = await openNetwork<UNetConfig>(folder, file.model);
  const schedule = scheduleOf(run);
  const xStart = stored.at(run.x0);
  const skip = tooMuch(device, network, xStart);
  if (skip !== undefined) {
    yield skip;
    return;
  }
  const inputs = {
    params: network.params,
    xStart,
    noise: given.at("noise"),
    y: given.at("y"),
    table: coefficientTable(schedule, descending(schedule)),
  } as unknown as programs.LikelihoodInputs;
  const settings = { config: network.config, clips: run.clip_denoised };
  const compute = await device.prepare(programs.likelihood, source, settings, inputs);
  const found = await compute(inputs);
  const quantities = {
    total_bpd: found.total,
    prior_bpd: found.prior,
    vb: found.bound,
    xstart_mse: found.xStartMse,
    mse: found.mse,
  };
  for (const [name, value] of Object.entries(quantities)) {
    const key = `${run.name}.${name}`;
    if (!stored.has(key)) continue;
    // The prior's term, and those near the last step, are differences of equal numbers.
    const least = name === "prior_bpd" ? 1e-7 : 1e-6;
    const bound = Math.max(boundOf(device, run.errors[name] as StoredError), least);
    yield tensorWithin(name, value as unknown as Tensor, stored.host(key), bound);
  }
}
