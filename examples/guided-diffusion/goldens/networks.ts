/** Outputs and gradients of networks: every quantity that is stored beside a description. */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { cast, slice, type Tensor, tensor } from "typegrad";
import type { ClassifierConfig, UNetConfig } from "../networks/config.ts";
import { keyListText, parameterShapes } from "../networks/parameters.ts";
import { differenceOf, numbersOf, same, tensorWithin } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import { forwardFlops, gradientFlops } from "./flops.ts";
import type { Folder, Tensors } from "./folder.ts";
import { type Config, configOf, type NetworkDescription, networksOf, parametersOf } from "./network-case.ts";
import * as programs from "./network-programs.ts";
import { type Finding, failed, type GoldenCase, skipped } from "./row.ts";
import { boundOf } from "./tolerance.ts";

const source = fileURLToPath(new URL("network-programs.ts", import.meta.url));

/** Each network whose inputs and results are stored beside its description. */
export async function* networkCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  for (const [name, description] of await networksOf(folder)) {
    if (description.keys !== undefined && folder.has(`${name}.safetensors`))
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
  const stored = await folder.tensors(`${name}.safetensors`);
  const open: OpenNetwork = {
    device,
    description,
    stored,
    config,
    params: await parametersOf(folder, description, config),
  };
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

/** Near what is stored, by the errors that are known of it; else to 1e-5 of its largest magnitude. */
export const compareStored = (
  { device, description, stored }: Pick<OpenNetwork, "device" | "description" | "stored">,
  quantity: string,
  found: Tensor,
): Finding => {
  const expected = stored.host(quantity);
  const magnitude = largestOf(numbersOf(expected));
  const error = description.errors[quantity] ?? { max_abs_diff_from_float64: 1e-6 * magnitude, max_abs: magnitude };
  return tensorWithin(quantity, found, expected, boundOf(device, error));
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
  for (const quantity of stored.keys.filter((key) => key.startsWith("out"))) {
    yield quantity.startsWith("out_fp16_torso")
      ? await halfFinding(open, quantity)
      : await outputFinding(open, quantity, quantity.slice("out".length));
  }
  const toParameters = stored.keys.some((key) => key.startsWith("grad.param."));
  if (!stored.has("grad.x") && !toParameters) return;
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
    yield compareStored(open, "grad.x", await run(inputs));
    return;
  }
  const run = await device.prepare(programs.unetGradients, source, { config }, inputs);
  const found = await run(inputs);
  if (stored.has("grad.x")) yield compareStored(open, "grad.x", found.x);
  yield* parameterFindings(open, found.params);
}

function* parameterFindings(open: OpenNetwork, found: OpenNetwork["params"]): Generator<Finding> {
  for (const quantity of open.stored.keys.filter((key) => key.startsWith("grad.param."))) {
    const gradient = found[quantity.slice("grad.param.".length)];
    yield gradient === undefined
      ? failed(quantity, "the network has no such parameter")
      : compareStored(open, quantity, gradient);
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

const outputFinding = async (open: OpenNetwork<UNetConfig>, quantity: string, suffix: string): Promise<Finding> => {
  const { device, config, stored } = open;
  const skip = tooMuch(device, quantity, forwardFlops(config, inputsFor(stored, suffix).x.shape));
  return skip ?? compareStored(open, quantity, await outputOf(open, suffix));
};

/** With the torso in f16: to 2e-2, and in the mean to 2e-3, since the order of additions decides the last bits. */
const halfFinding = async (open: OpenNetwork<UNetConfig>, quantity: string): Promise<Finding> => {
  const { device, config, stored } = open;
  const skip = tooMuch(device, quantity, forwardFlops(config, stored.at("in.x").shape as readonly number[]));
  if (skip !== undefined) return skip;
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
  const forward = forwardFlops(config, x.shape);
  const skip = tooMuch(device, "logits", forward);
  if (skip !== undefined) yield skip;
  else {
    const run = await device.prepare(programs.classifierAnswers, source, { config }, inputs);
    const { logits, logSoftmax, ofLabel } = await run(inputs);
    if (stored.has("logits")) yield compareStored(open, "logits", logits as Tensor);
    if (stored.has("log_softmax")) yield compareStored(open, "log_softmax", logSoftmax as Tensor);
    if (stored.has("log_softmax_y")) yield compareStored(open, "log_softmax_y", ofLabel as Tensor);
    if (stored.has("cross_entropy")) {
      const entropy = Float64Array.from(numbersOf(ofLabel as Tensor), (value) => -value);
      yield compareStored(
        open,
        "cross_entropy",
        tensor({ dtype: "f64", shape: ofLabel.shape, data: entropy }) as Tensor,
      );
    }
  }
  if (stored.has("grad.x")) {
    const costly = tooMuch(device, "grad.x", gradientFlops(forward, false));
    if (costly !== undefined) yield costly;
    else {
      const run = await device.prepare(programs.classifierInputGradient, source, { config }, inputs);
      yield compareStored(open, "grad.x", (await run(inputs)) as Tensor);
    }
  }
  if (!stored.keys.some((key) => key.startsWith("grad.param."))) return;
  const costly = tooMuch(device, "grad.param", gradientFlops(forward, true));
  if (costly !== undefined) yield costly;
  else {
    const run = await device.prepare(programs.classifierParameterGradients, source, { config }, inputs);
    yield* parameterFindings(open, await run(inputs));
  }
}
