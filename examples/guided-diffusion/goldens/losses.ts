/** Training losses of a network for every objective that is stored, and their gradients. */

import { fileURLToPath } from "node:url";
import { type Tensor, tensor } from "typegrad";
import { coefficientTable } from "../diffusion/coefficients.ts";
import type { UNetConfig } from "../networks/config.ts";
import type { Objective } from "../training/objective.ts";
import { numbersOf, tensorWithin, withinEach } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import * as programs from "./diffusion-programs.ts";
import { forwardFlops, gradientFlops } from "./flops.ts";
import type { Folder } from "./folder.ts";
import { compareSums, noiseSeedOf, type StoredSums } from "./gradients.ts";
import { type Network, openNetwork } from "./network-case.ts";
import { type Finding, type GoldenCase, skipped } from "./row.ts";
import { type ScheduleSettings, scheduleOfSettings } from "./schedules.ts";

const source = fileURLToPath(new URL("diffusion-programs.ts", import.meta.url));

type Measured = Readonly<Partial<Record<"loss" | "mse" | "vb", readonly number[]>>>;

interface LossRow {
  readonly settings: ScheduleSettings & { readonly mean: string; readonly var: string; readonly loss: string };
  readonly t: readonly number[];
  readonly float32: Measured;
  readonly float64: Measured;
}

interface LossFile {
  readonly model: string;
  readonly inputs: string;
  readonly rows: readonly LossRow[];
}

interface GradientFile extends Pick<ScheduleSettings, "schedule" | "steps"> {
  readonly model: string;
  readonly mean: string;
  readonly var: string;
  readonly t: readonly number[];
  readonly per_parameter: string;
  readonly results: Readonly<Record<string, StoredSums & { readonly largest_relative_error: number }>>;
}

/** The original's names are ours in capitals. */
const camel = (name: string): string =>
  name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

export const objectiveOf = (mean: string, variance: string, loss: string): Objective =>
  ({ mean: camel(mean), variance: camel(variance), loss: camel(loss) }) as Objective;

const nameOf = ({ schedule, steps, respacing, rescale_timesteps }: ScheduleSettings): string =>
  [`losses/${schedule}-${steps}`, respacing, rescale_timesteps ? "rescaled" : ""]
    .filter((part) => part !== "")
    .join("-");

export async function* lossCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (folder.has("losses.json")) {
    const file = await folder.json<LossFile>("losses.json");
    // Rows of one process see the same images, and so one output of the network.
    const groups = groupBy(file.rows);
    for (const [name, rows] of groups) yield { name, run: () => lossFindings(folder, device, file, rows) };
  }
  if (!folder.has("losses.grads.json")) return;
  const file = await folder.json<GradientFile>("losses.grads.json");
  for (const loss of Object.keys(file.results))
    yield { name: `losses.grads/${loss}`, run: () => gradientFindings(folder, device, file, loss) };
}

const groupBy = (rows: readonly LossRow[]): ReadonlyMap<string, readonly LossRow[]> => {
  const groups = new Map<string, LossRow[]>();
  for (const row of rows) {
    const name = nameOf(row.settings);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return groups;
};

const inputsOf = async (
  folder: Folder,
  file: string,
  { params, config }: Network<UNetConfig>,
  settings: ScheduleSettings,
  t: readonly number[],
): Promise<programs.LossInputs> => {
  const stored = await folder.tensors(file);
  return {
    params,
    xStart: stored.at("x0"),
    noise: stored.at("noise"),
    step: tensor(t as number[], "i32"),
    table: coefficientTable(scheduleOfSettings(settings)),
    ...(config.classes !== undefined && { y: stored.at("y") }),
  } as unknown as programs.LossInputs;
};

async function* lossFindings(
  folder: Folder,
  device: GoldenDevice,
  { model, inputs: file }: LossFile,
  rows: readonly LossRow[],
): AsyncGenerator<Finding> {
  const { settings, t } = rows[0] as LossRow;
  const network = await openNetwork<UNetConfig>(folder, model);
  const inputs = await inputsOf(folder, file, network, settings, t);
  const flops = forwardFlops(network.config, inputs.xStart.shape);
  if (flops > device.mostFlops) {
    yield skipped("losses", `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`);
    return;
  }
  const steps = scheduleOfSettings(settings).steps;
  const objectives = rows.map(({ settings }) => objectiveOf(settings.mean, settings.var, settings.loss));
  const run = await device.prepare(programs.lossesOf, source, { config: network.config, steps, objectives }, inputs);
  const found = await run(inputs);
  for (const [i, { settings, float32, float64 }] of rows.entries()) {
    const { loss, mse, bound } = found[i] as (typeof found)[number];
    const measured = { loss, mse, vb: bound };
    for (const [name, exact] of Object.entries(float64) as [keyof Measured, readonly number[]][]) {
      const quantity = `${settings.mean} ${settings.var} ${settings.loss} ${name}`;
      const hasBound = name === "vb" || settings.loss.endsWith("KL") || settings.var.startsWith("LEARNED");
      const bounds = boundsOf(device, exact, float32[name] as readonly number[], t, hasBound && name !== "mse");
      const scale = settings.loss === "RESCALED_KL" || settings.loss === "RESCALED_MSE" ? steps / 1000 : 1;
      const least = settings.loss === "RESCALED_KL" ? 1e-6 * steps : 1e-6 * Math.max(1, scale);
      yield withinEach(
        quantity,
        numbersOf(measured[name] as unknown as Tensor),
        exact,
        bounds.map((bound) => Math.max(bound, least)),
        "1e-5 of each, 1 % at step 0",
      );
    }
  }
}

/**
 * 1e-5 of each number, or ten times what the original's f32 is off. At step 0 the likelihood takes a logarithm of a
 * difference, which f32 leaves few digits of: 1 %.
 */
const boundsOf = (
  { isLoose }: GoldenDevice,
  exact: readonly number[],
  float32: readonly number[],
  t: readonly number[],
  hasLikelihood: boolean,
): number[] =>
  exact.map((value, i) =>
    hasLikelihood && t[i] === 0
      ? 1e-2 * Math.abs(value)
      : Math.max((isLoose ? 2e-4 : 1e-5) * Math.abs(value), 10 * Math.abs(value - (float32[i] as number))),
  );

async function* gradientFindings(
  folder: Folder,
  device: GoldenDevice,
  file: GradientFile,
  loss: string,
): AsyncGenerator<Finding> {
  const network = await openNetwork<UNetConfig>(folder, file.model);
  const settings = { schedule: file.schedule, steps: file.steps, respacing: "" };
  const inputs = await inputsOf(folder, "losses.in.safetensors", network, settings, file.t);
  const flops = gradientFlops(forwardFlops(network.config, inputs.xStart.shape), true);
  if (flops > device.mostFlops) {
    yield skipped("gradients", `skipped, ${(flops / 1e9).toFixed(1)} GFLOP`);
    return;
  }
  const objectives = [objectiveOf(file.mean, file.var, loss)];
  const given = { config: network.config, steps: file.steps, objectives };
  const run = await device.prepare(programs.lossGradients, source, given, inputs);
  const found = await run(inputs);
  const sums = file.results[loss] as (typeof file.results)[string];
  const share = sums.largest_relative_error;
  yield* compareSums(device, "", found, sums, noiseSeedOf(file.per_parameter), share);

  const whole = `losses.grads-${loss.toLowerCase().replaceAll("_", "-")}.safetensors`;
  if (!folder.has(whole)) return;
  const stored = await folder.tensors(whole);
  const magnitudes = new Map(
    stored.keys.map((key) => [
      key,
      Array.from(numbersOf(stored.host(key))).reduce((m, x) => Math.max(m, Math.abs(x)), 0),
    ]),
  );
  const largest = Math.max(...magnitudes.values());
  for (const key of stored.keys) {
    // What is zero in exact arithmetic is rounding noise of the other gradients' size.
    const magnitude = magnitudes.get(key) as number;
    const bound = Math.max(10 * share, device.isLoose ? 2e-4 : 0) * magnitude + 1e-7 * largest;
    yield tensorWithin(key, found[key.slice("grad.param.".length)] as Tensor, stored.host(key), bound);
  }
}
