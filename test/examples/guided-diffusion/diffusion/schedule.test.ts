/** Tables of schedules against the original's. */

import { describe, expect, test } from "vitest";
import type { Host } from "../../../../dsl/host.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import {
  namedSchedule,
  rescaleTimesteps,
  type Schedule,
  type ScheduleName,
  scheduleOf,
  type Tables,
} from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { reference } from "../../../support/diffusion-reference.ts";
import { readTensors } from "../../../support/goldens.ts";

/** The original's names. */
const names: Partial<Tables<string>> = {
  beta: "betas",
  alphaBar: "alphas_cumprod",
  alphaBarPrev: "alphas_cumprod_prev",
  alphaBarNext: "alphas_cumprod_next",
  sqrtAlphaBar: "sqrt_alphas_cumprod",
  sqrtOneMinusAlphaBar: "sqrt_one_minus_alphas_cumprod",
  logOneMinusAlphaBar: "log_one_minus_alphas_cumprod",
  sqrtRecipAlphaBar: "sqrt_recip_alphas_cumprod",
  sqrtRecipAlphaBarMinusOne: "sqrt_recipm1_alphas_cumprod",
  posteriorVariance: "posterior_variance",
  posteriorLogVariance: "posterior_log_variance_clipped",
  posteriorMeanXStart: "posterior_mean_coef1",
  posteriorMeanX: "posterior_mean_coef2",
};
type Column = keyof Tables<unknown>;
const columns = Object.entries(names) as [Column, string][];

const tables = await readTensors("diffusion-tables.safetensors");
const chains = (["linear", "cosine"] as const).flatMap((name) =>
  (["1000", "ddim25"] as const).map((spacing) => ({ name, spacing })),
);

describe.each(chains)("$name, $spacing", ({ name, spacing }) => {
  const schedule = respace(namedSchedule(name, 1000), spacing);
  const golden = (column: string): Host => tables.get(`${name}.${spacing}.${column}`) as Host;

  test.each(columns)("%s is the original's %s within 1e-12", (column, original) => {
    expectClose(schedule[column], golden(original).data, { relative: 1e-12 });
  });

  test("the timestep map is the original's", () => {
    expect([...schedule.timestepMap].map(BigInt)).toEqual([...(golden("timestep_map").data as BigInt64Array)]);
    expect([...schedule.t]).toEqual([...schedule.timestepMap]);
  });
});

describe.each(reference.schedules)("$name, 1000 steps, the numbers of the specification", ({ name, rows, sums }) => {
  const schedule = namedSchedule(name, 1000);

  test.each(rows)("t = $t", ({ t, ...row }) => {
    for (const [column, value] of Object.entries(row))
      expectClose(schedule[column as Column].at(t), value, { relative: 1e-9 });
  });

  test("sums over all steps", () => {
    for (const [column, value] of Object.entries(sums)) {
      const sum = schedule[column as Column].reduce((sum, entry) => sum + entry, 0);
      expectClose(sum, value, { relative: 1e-11 });
    }
    expect(schedule.alphaBarPrev[0]).toBe(1);
    expect(schedule.alphaBarNext[999]).toBe(0);
  });
});

test.each([
  [4000, 2.5e-5, 0.005, 4.2466522758e-5],
  [100, 0.001, 0.2, 2.03900897556e-5],
  [25, 0.004, 0.8, 2.42330533824e-7],
])("linear, %d steps: first and last beta, last ᾱ", (steps, first, last, alphaBar) => {
  const schedule = namedSchedule("linear", steps);
  expectClose([schedule.beta[0], schedule.beta.at(-1), schedule.alphaBar.at(-1)] as number[], [first, last, alphaBar], {
    relative: 1e-9,
  });
});

test("the cosine schedule of 1000 steps clips its last beta alone", () => {
  const clipped = [...namedSchedule("cosine", 1000).beta].flatMap((beta, t) => (beta === 0.999 ? [t] : []));
  expect(clipped).toEqual([999]);
});

/** Variance of a DDIM step from t to s < t, at η = 1. */
const ddimVariance = ({ alphaBar }: Schedule, t: number, s: number): number => {
  const [a, before] = [alphaBar[t] as number, alphaBar[s] as number];
  return ((1 - before) / (1 - a)) * (1 - a / before);
};

test("variances that tests of diffusers have", () => {
  const linear = namedSchedule("linear", 1000);
  expectClose(linear.posteriorVariance[487], 0.00979, { absolute: 1e-5 });
  expectClose(linear.posteriorVariance[999], 0.02, { absolute: 1e-5 });
  expectClose(ddimVariance(linear, 420, 400), 0.147719512841, { relative: 1e-9 });
  expectClose(ddimVariance(linear, 980, 960), 0.324605235875, { relative: 1e-9 });
  // The same by a chain that keeps those steps: β̃ is that variance.
  const fifty = respace(linear, "ddim50");
  expectClose(fifty.posteriorVariance[49], ddimVariance(linear, 980, 960), { relative: 1e-12 });
});

test("the large variance is beta, and that of step 0 is β̃ of step 1", () => {
  const { largeVariance, largeLogVariance, posteriorVariance, beta } = namedSchedule("linear", 1000);
  expect([...largeVariance]).toEqual([posteriorVariance[1], ...beta.subarray(1)]);
  expect([...largeLogVariance]).toEqual([...largeVariance].map(Math.log));
});

describe("timesteps", () => {
  test("in thousandths of 4000 steps are quarters", () => {
    expect(rescaleTimesteps(namedSchedule("linear", 4000)).t[3001]).toBe(750.25);
  });

  test("of 25 steps by DDIM are those of the process, with or without rescaling", () => {
    const schedule = respace(namedSchedule("linear", 1000), "ddim25");
    expect(schedule.t[3]).toBe(120);
    expect(rescaleTimesteps(schedule).t[3]).toBe(120);
  });

  test("are rescaled once, before or after respacing", () => {
    const full = namedSchedule("linear", 4000);
    expect(respace(rescaleTimesteps(full), "250")).toEqual(rescaleTimesteps(respace(full, "250")));
  });
});

describe("refusals", () => {
  test("a linear schedule of 19 steps", () => {
    expect(() => namedSchedule("linear", 19)).toThrow(
      "beta of step 18 is 1.0526315789473684, and must be above 0 and at most 1; a linear schedule needs 20 steps or more",
    );
    expect(namedSchedule("linear", 20).steps).toBe(20);
  });

  test("fewer than two steps", () => {
    expect(() => scheduleOf(Float64Array.of(0.5))).toThrow("a schedule of 1 step; it must have two or more");
    expect(() => scheduleOf(new Float64Array())).toThrow("a schedule of 0 steps");
  });

  test("betas that are no variances", () => {
    expect(() => scheduleOf(Float64Array.of(0.1, 0))).toThrow("beta of step 1 is 0");
    expect(() => scheduleOf(Float64Array.of(Number.NaN, 0.1))).toThrow("beta of step 0 is NaN");
  });

  test("an unknown name, and a broken number of steps", () => {
    expect(() => namedSchedule("sigmoid" as ScheduleName, 10)).toThrow(
      "no schedule is named sigmoid; there are linear and cosine",
    );
    expect(() => namedSchedule("cosine", 10.5)).toThrow("10.5 steps, and must have a whole number");
  });
});
