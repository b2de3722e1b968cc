/** Outputs and gradients of networks: every quantity that is stored beside a description. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { cast, slice, type Tensor, tensor } from "typegrad";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { spreadNoise } from "../networks/fill.ts";
import { keyListText, parameterShapes } from "../networks/parameters.ts";
import { differenceOf, numbersOf, same, tensorWithin, within } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import { forwardFlops, gradientFlops } from "./flops.ts";
import type { Folder, Tensors } from "./folder.ts";
import { type Config, configOf, type NetworkDescription, networksOf, parametersOf, storedOf } from "./network-case.ts";
import * as programs from "./network-programs.ts";
import { type Finding, failed, type GoldenCase, skipped } from "./row.ts";
import { boundOf } from "./tolerance.ts";

const source = fileURLToPath(new URL("network-programs.ts", import.meta.url));

/** Each network whose inputs and results are stored beside its description. */
export async function* networkCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  for (const [name, description] of await networksOf(folder)) {
    if (folder.has(`${name}.safetensors`) || description.results !== undefined)
      yield { name, run: () => runNetwork(folder, device, name, description) };
  }
}

async function* runNetwork(
  folder: Folder,
  device: GoldenDevice,
  name: string,
  description: NetworkDescription,
): AsyncGenerator<Finding> {
  const config = configOf(description);
  yield keysFinding(config, description);
  const stored = await storedOf(folder, name, description);
  const flops = forwardFlops(config, stored.at("in.x").shape as readonly number[]);
  if (flops > device.mostFlops) {
    yield skipped("all", `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`);
    return;
  }
  const params = await parametersOf(folder, description, config);
  const open: OpenNetwork = { device, description, stored, config, params };
  yield* "pool" in config
    ? classifierFindings(open as OpenNetwork<ClassifierConfig>)
    : unetFindings(open as OpenNetwork<UNetConfig>);
}

export interface OpenNetwork<C extends Config = Config> {
  readonly device: GoldenDevice;
  readonly description: NetworkDescription;
  readonly stored: Tensors;
  readonly config: C;
  readonly params: Awaited<ReturnType<typeof parametersOf>>;
}

/** The list of keys and shapes, or its digest. */
export const keysFinding = (config: Config, { keys, key_list_sha256 }: NetworkDescription): Finding => {
  const shapes = parameterShapes(config);
  return keys !== undefined
    ? same("keys and shapes", Object.entries(shapes), keys)
    : same("digest of keys", createHash("sha256").update(keyListText(shapes)).digest("hex"), key_list_sha256);
};

/** Says what is too much for the device, or nothing. */
const tooMuch = (device: GoldenDevice, quantity: string, flops: number): Finding | undefined =>
  flops > device.mostFlops ? skipped(quantity, `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`) : undefined;

/** Whether a quantity is stored, whole or by its sums. */
const isStored = ({ stored, description }: Pick<OpenNetwork, "stored" | "description">, quantity: string): boolean =>
  stored.has(quantity) || description.results?.[quantity] !== undefined;

/** Near what is stored, by the errors that are known of it; else to ten times 1e-6 of its largest magnitude. */
function* compareStored(
  { device, description, stored }: Pick<OpenNetwork, "device" | "description" | "stored">,
  quantity: string,
  found: Tensor,
): Generator<Finding> {
  const numbers = numbersOf(found);
  const magnitude = largestOf(stored.has(quantity) ? numbersOf(stored.host(quantity)) : numbers);
  const error = description.errors[quantity] ?? { max_abs_diff_from_float64: 1e-6 * magnitude, max_abs: magnitude };
  const bound = boundOf(device, error);
  if (stored.has(quantity)) yield tensorWithin(quantity, found, stored.host(quantity), bound);
  const summary = description.results?.[quantity];
  if (summary === undefined) return;
  yield same(`${quantity} shape`, found.shape, summary.shape);
  const ends = [...Array.from(numbers).slice(0, summary.first.length), numbers[numbers.length - 1] as number];
  yield within(`${quantity} first and last`, ends, [...summary.first, summary.last], bound);
  // Errors of either sign add up as the root of their number.
  const summed = bound * Math.sqrt(numbers.length);
  yield within(`${quantity} sum`, [dot(numbers, () => 1)], [summary.sum], summed);
  for (const [name, value] of Object.entries(summary).filter(([name]) => name.startsWith("dot_noise_"))) {
    const noise = spreadNoise(Number(name.slice("dot_noise_".length)), numbers.length);
    yield within(`${quantity} ${name}`, [dot(numbers, (i) => noise[i] as number)], [value as number], summed);
  }
}

const dot = (numbers: ArrayLike<number>, weight: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += (numbers[i] as number) * weight(i);
  return sum;
};

const largestOf = (numbers: ArrayLike<number>): number => {
  let largest = 0;
  for (let i = 0; i < numbers.length; i++) largest = Math.max(largest, Math.abs(numbers[i] as number));
  return largest;
};

/** Inputs of `out`, or of `out_wide`: those named `…_wide`, and of the others as many first entries as there are images. */
const inputsFor = (stored: Tensors, suffix: string): Omit<programs.UNetInputs, "params"> => {
  const own = (name: string): Tensor | undefined =>
    [`in.${name}${suffix}`, `in.${name}`].filter((key) => stored.has(key)).map((key) => stored.at(key))[0];
  const x = own("x") as programs.Images;
  const batch = x.shape[0];
  const perImage = (name: string): Tensor | undefined => {
    const values = own(name);
    return values === undefined || values.shape[0] === batch
      ? values
      : (slice(values as Tensor<[number]>, 0, 0, batch) as Tensor);
  };
  const [t, y, lowRes] = [perImage("t"), perImage("y"), own("low_res")];
  return { x, t, ...(y && { y }), ...(lowRes && { lowRes }) } as unknown as Omit<programs.UNetInputs, "params">;
};

async function* unetFindings(open: OpenNetwork<UNetConfig>): AsyncGenerator<Finding> {
  const { device, stored, config, params } = open;
  const names = new Set([...stored.keys, ...Object.keys(open.description.results ?? {})]);
  for (const quantity of [...names].filter((key) => key.startsWith("out"))) {
    if (quantity.startsWith("out_fp16_torso")) yield await halfFinding(open, quantity);
    else yield* compareStored(open, quantity, await outputOf(open, quantity.slice("out".length)));
  }
  const toParameters = stored.keys.some((key) => key.startsWith("grad.param."));
  if (!isStored(open, "grad.x") && !toParameters) return;
  if (!stored.has("in.cotangent")) {
    yield failed("grad.x", "no in.cotangent is stored");
    return;
  }
  const inputs = { params, ...inputsFor(stored, ""), cotangent: stored.at("in.cotangent") as programs.Images };
  const skip = tooMuch(
    device,
    toParameters ? "grad" : "grad.x",
    gradientFlops(forwardFlops(config, inputs.x.shape), toParameters),
  );
  if (skip !== undefined) {
    yield skip;
    return;
  }
  if (!toParameters) {
    const run = await device.prepare(programs.unetInputGradient, source, { config }, inputs);
    yield* compareStored(open, "grad.x", await run(inputs));
    return;
  }
  const run = await device.prepare(programs.unetGradients, source, { config }, inputs);
  const found = await run(inputs);
  if (isStored(open, "grad.x")) yield* compareStored(open, "grad.x", found.x);
  yield* parameterFindings(open, found.params);
}

function* parameterFindings(open: OpenNetwork, found: OpenNetwork["params"]): Generator<Finding> {
  for (const quantity of open.stored.keys.filter((key) => key.startsWith("grad.param."))) {
    const gradient = found[quantity.slice("grad.param.".length)];
    if (gradient === undefined) yield failed(quantity, "the network has no such parameter");
    else yield* compareStored(open, quantity, gradient);
  }
}

const outputOf = async (
  { device, config, params, stored }: OpenNetwork<UNetConfig>,
  suffix: string,
  change: (x: programs.Images) => programs.Images = (x) => x,
): Promise<programs.Images> => {
  const given = inputsFor(stored, suffix);
  const inputs = { params, ...given, x: change(given.x) };
  const run = await device.prepare(programs.unetOutput, source, { config }, inputs);
  return run(inputs);
};

/** With the torso in f16: to 2e-2, and in the mean to 2e-3, since the order of additions decides the last bits. */
const halfFinding = async (open: OpenNetwork<UNetConfig>, quantity: string): Promise<Finding> => {
  const { config, stored } = open;
  const rounded = (x: programs.Images): programs.Images => cast(cast(x, "f16"), "f32");
  const half = { ...open, config: { ...config, torso: "f16" } } as OpenNetwork<UNetConfig>;
  const found = numbersOf(await outputOf(half, "", quantity.endsWith("_x_rounded") ? rounded : undefined));
  const expected = numbersOf(stored.host(quantity));
  let total = 0;
  for (let i = 0; i < expected.length; i++) total += Math.abs((found[i] as number) - (expected[i] as number));
  const mean = total / expected.length;
  const difference = differenceOf(found, expected);
  const isNear = found.length === expected.length && difference.absolute <= 2e-2 && mean <= 2e-3;
  return { quantity, ...difference, tolerance: "2e-2, mean 2e-3", verdict: isNear ? "pass" : "FAIL" };
};

async function* classifierFindings(open: OpenNetwork<ClassifierConfig>): AsyncGenerator<Finding> {
  const { device, stored, config, params } = open;
  const x = stored.at("in.x") as programs.Images;
  const labels = stored.has("in.y") ? stored.at("in.y") : tensor(new Array<number>(x.shape[0]).fill(0), "i32");
  const inputs = { params, x, t: stored.at("in.t"), y: labels } as unknown as programs.ClassifierInputs;
  const answer = await device.prepare(programs.classifierAnswers, source, { config }, inputs);
  const { logits, logSoftmax, ofLabel } = await answer(inputs);
  const entropy = Float64Array.from(numbersOf(ofLabel as Tensor), (value) => -value);
  const quantities = {
    logits,
    log_softmax: logSoftmax,
    log_softmax_y: ofLabel,
    cross_entropy: tensor({ dtype: "f64", shape: ofLabel.shape, data: entropy }),
  };
  for (const [name, value] of Object.entries(quantities))
    if (isStored(open, name)) yield* compareStored(open, name, value as Tensor);

  const forward = forwardFlops(config, x.shape);
  if (isStored(open, "grad.x")) {
    const skip = tooMuch(device, "grad.x", gradientFlops(forward, false));
    if (skip !== undefined) yield skip;
    else {
      const run = await device.prepare(programs.classifierInputGradient, source, { config }, inputs);
      yield* compareStored(open, "grad.x", (await run(inputs)) as Tensor);
    }
  }
  if (!stored.keys.some((key) => key.startsWith("grad.param."))) return;
  const skip = tooMuch(device, "grad.param", gradientFlops(forward, true));
  if (skip !== undefined) yield skip;
  else {
    const run = await device.prepare(programs.classifierParameterGradients, source, { config }, inputs);
    yield* parameterFindings(open, await run(inputs));
  }
}
