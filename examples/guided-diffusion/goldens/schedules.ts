/** Tables of schedules, and the forward process by them. */

import { fileURLToPath } from "node:url";
import type { Tensor } from "typegrad";
import { coefficientTable } from "../diffusion/coefficients.ts";
import { respace } from "../diffusion/respace.ts";
import { namedSchedule, rescaleTimesteps, type Schedule, type ScheduleName } from "../diffusion/schedule.ts";
import { numbersOf, relativelyWithin, same, within } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import * as programs from "./diffusion-programs.ts";
import type { Folder } from "./folder.ts";
import { type Finding, failed, type GoldenCase } from "./row.ts";

const source = fileURLToPath(new URL("diffusion-programs.ts", import.meta.url));

export interface ScheduleSettings {
  readonly schedule: ScheduleName;
  readonly steps: number;
  readonly respacing: string;
  readonly rescale_timesteps?: boolean;
}

export const scheduleOfSettings = ({ schedule, steps, respacing, rescale_timesteps }: ScheduleSettings): Schedule => {
  const respaced = respace(namedSchedule(schedule, steps), respacing);
  return rescale_timesteps ? rescaleTimesteps(respaced) : respaced;
};

/** The original's names of the tables. */
const columns = {
  betas: "beta",
  alphas_cumprod: "alphaBar",
  alphas_cumprod_prev: "alphaBarPrev",
  alphas_cumprod_next: "alphaBarNext",
  sqrt_alphas_cumprod: "sqrtAlphaBar",
  sqrt_one_minus_alphas_cumprod: "sqrtOneMinusAlphaBar",
  log_one_minus_alphas_cumprod: "logOneMinusAlphaBar",
  sqrt_recip_alphas_cumprod: "sqrtRecipAlphaBar",
  sqrt_recipm1_alphas_cumprod: "sqrtRecipAlphaBarMinusOne",
  posterior_variance: "posteriorVariance",
  posterior_log_variance_clipped: "posteriorLogVariance",
  posterior_mean_coef1: "posteriorMeanXStart",
  posterior_mean_coef2: "posteriorMeanX",
} as const satisfies Readonly<Record<string, keyof Schedule>>;

const tables = "diffusion-tables.safetensors";
const q = "diffusion-q.safetensors";

export async function* scheduleCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (folder.has(tables)) yield { name: "diffusion-tables", run: () => tableFindings(folder) };
  if (folder.has(q)) yield { name: "diffusion-q", run: () => forwardFindings(folder, device) };
}

/** `linear.1000.betas`: of a schedule, whole or respaced from 1000 steps. */
async function* tableFindings(folder: Folder): AsyncGenerator<Finding> {
  const stored = await folder.tensors(tables);
  for (const key of stored.keys) {
    const [name = "", spacing = "", column = ""] = key.split(".");
    const isWhole = /^\d+$/.test(spacing);
    const schedule = scheduleOfSettings({
      schedule: name as ScheduleName,
      steps: isWhole ? Number(spacing) : 1000,
      respacing: isWhole ? "" : spacing,
    });
    const expected = numbersOf(stored.host(key));
    if (column === "timestep_map") yield same(key, Array.from(schedule.timestepMap), Array.from(expected));
    else if (Object.hasOwn(columns, column))
      yield relativelyWithin(key, schedule[columns[column as keyof typeof columns]], expected, 1e-12);
    else yield failed(key, "there is no table of this name");
  }
}

/** Differences of sums and products in f32: a few units in the last place of the largest number. */
async function* forwardFindings(folder: Folder, device: GoldenDevice): AsyncGenerator<Finding> {
  const stored = await folder.tensors(q);
  const names = new Set(stored.keys.filter((key) => key.includes(".")).map((key) => key.split(".")[0] as ScheduleName));
  for (const name of names) {
    const schedule = namedSchedule(name, 1000);
    const inputs = {
      xStart: stored.at("x0"),
      x: stored.at("x_t"),
      noise: stored.at("noise"),
      step: stored.at("t"),
      table: coefficientTable(schedule),
    } as unknown as programs.ForwardInputs;
    const run = await device.prepare(programs.forwardProcess, source, { steps: schedule.steps }, inputs);
    const found = await run(inputs);
    const quantities: Readonly<Record<string, Tensor>> = {
      q_sample: found.sample as Tensor,
      "q_mean_variance.mean": found.forward.mean as Tensor,
      "q_mean_variance.variance": found.forward.variance as Tensor,
      "q_mean_variance.log_variance": found.forward.logVariance as Tensor,
      "q_posterior.mean": found.posterior.mean as Tensor,
      "q_posterior.variance": found.posterior.variance as Tensor,
      "q_posterior.log_variance": found.posterior.logVariance as Tensor,
      prior_bpd: found.prior as Tensor,
    };
    for (const key of stored.keys.filter((key) => key.startsWith(`${name}.`))) {
      const quantity = quantities[key.slice(name.length + 1)];
      const expected = numbersOf(stored.host(key));
      if (quantity === undefined) yield failed(key, "there is no quantity of this name");
      else if (key.endsWith("prior_bpd")) yield within(key, numbersOf(quantity), expected, 1e-7);
      else {
        const largest = Math.max(...Array.from(expected, Math.abs));
        yield within(key, numbersOf(quantity), expected, 1e-6 * largest);
      }
    }
  }
}
