/** Chains of `goldens/unet-a`, guided by `goldens/classifier-attention` or not, against the original's at every step. */

import { describe, expect, test } from "vitest";
import { compile } from "../../../../compiler/index.ts";
import type { Host } from "../../../../dsl/host.ts";
import { reshape, slice, type Tensor, tensor, toHost } from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import {
  ascending,
  coefficientsAt,
  coefficientTable,
  descending,
} from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import type { Stepped } from "../../../../examples/guided-diffusion/diffusion/ddpm.ts";
import type { BitsPerDimension } from "../../../../examples/guided-diffusion/diffusion/likelihood.ts";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { trajectory } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import {
  namedSchedule,
  type Schedule,
  type ScheduleName,
} from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import type { ClassifierConfig, UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import * as programs from "../../../programs/diffusion.ts";
import { specsOf } from "../../../support/compiled.ts";
import { readJson, readTensors } from "../../../support/goldens.ts";
import { openGolden } from "../../../support/network-golden.ts";

type Shape = [2, 3, 16, 16];
type Images = Tensor<Shape>;

interface Errors {
  readonly max_abs_diff_from_float64: number;
  readonly max_abs: number;
}
type BitsTerm = "total_bpd" | "prior_bpd" | "vb" | "xstart_mse" | "mse";
interface Run {
  readonly name: string;
  readonly sampler?: "ddpm" | "ddim";
  readonly schedule: ScheduleName;
  readonly respacing: string;
  readonly guided?: boolean;
  readonly clip_denoised: boolean;
  readonly eta?: number;
  readonly classifier_scale?: number;
  readonly timesteps_in_order?: readonly number[];
  readonly errors: Readonly<Record<"x" | BitsTerm, Errors>> & {
    readonly pred_xstart?: Errors;
    readonly per_step_x?: readonly number[];
  };
}

const { runs } = readJson<{ readonly runs: readonly Run[] }>("sampling.json");
const inputs = await readTensors("sampling.in.safetensors");
const stored = await readTensors("sampling.safetensors");
const golden = (name: string): Host => stored.get(name) as Host;

const xT: Images = tensor(inputs.get("x_T") as Host, "f32");
const y: Tensor<[2], "i32"> = tensor(inputs.get("y") as Host, "i32");
const noise: Tensor<[10, 2, 3, 16, 16]> = tensor(inputs.get("noise") as Host, "f32");

/** One step of a golden of all steps. */
const stepOf = (host: Host, i: number): Images => at(tensor(host, "f32"), i);
const at = (steps: Tensor<[10, 2, 3, 16, 16]>, i: number): Images => reshape(slice(steps, 0, i, i + 1), [2, 3, 16, 16]);

const { config: network, parameters: networkWeights } = await openGolden<UNetConfig>("unet-a");
const { config: classifier, parameters: classifierWeights } =
  await openGolden<ClassifierConfig>("classifier-attention");
const weights: programs.Weights = { network: networkWeights, classifier: classifierWeights };

/** A run, ready to be taken step by step. */
const open = (run: Run) => {
  const schedule = respace(namedSchedule(run.schedule, 1000), run.respacing);
  const reverse = run.name === "ddim-reverse";
  const chain: programs.Chain = {
    sampler: reverse ? "ddim-reverse" : (run.sampler ?? "ddpm"),
    clip: run.clip_denoised,
    guided: run.guided ?? false,
    network,
    classifier,
  };
  const wish: programs.Wish = { y, eta: tensor(run.eta ?? 0), scale: tensor(run.classifier_scale ?? 0) };
  const order = reverse ? ascending(schedule) : descending(schedule);
  const start: Images = reverse ? tensor(golden(`${run.name}.x0`), "f32") : xT;
  return { schedule, chain, wish, order, start };
};

/** Ten times the error that f32 has in the original, and 1e-6 of the largest magnitude, at least. */
const toleranceOf = (errors: Errors, own = errors.max_abs_diff_from_float64): { readonly absolute: number } => ({
  absolute: Math.max(10 * own, 1e-6 * errors.max_abs),
});

const expectStep = (run: Run, { x, xStart }: Stepped<Shape>, i: number): void => {
  const { x: ofX, pred_xstart: ofXStart, per_step_x: perStep } = run.errors;
  expectClose(x, stepOf(golden(`${run.name}.x`), i), toleranceOf(ofX, perStep?.[i]));
  // Of encoding no error of x₀ is told; ε, of the size of x, is multiplied by this before it is clipped.
  const { schedule, order } = open(run);
  const factor = Math.max(1, schedule.sqrtRecipAlphaBarMinusOne[order[i] as number] as number);
  const tolerance = ofXStart === undefined ? { absolute: factor * toleranceOf(ofX).absolute } : toleranceOf(ofXStart);
  expectClose(xStart, stepOf(golden(`${run.name}.pred_xstart`), i), tolerance);
};

const chains = runs.filter(({ name }) => name !== "bpd");

test("the goldens are of guided and unguided chains, and of encoding", () => {
  expect(chains.map(({ name }) => name)).toHaveLength(11);
  expect(chains.filter(({ guided }) => guided)).toHaveLength(6);
});

test.each(chains.filter(({ timesteps_in_order }) => timesteps_in_order))(
  "$name visits the original's timesteps",
  (run) => {
    const { schedule, order } = open(run);
    expect(order.map((i) => schedule.timestepMap[i])).toEqual(run.timesteps_in_order);
  },
);

describe("directly, single steps from where the original stood", () => {
  // Another step of each chain.
  test.each(chains.map((run, k) => ({ run, name: run.name, i: k % 10 })))(
    "$name, step $i",
    ({ run, i }) => {
      const { schedule, chain, wish, order, start } = open(run);
      const before = i === 0 ? start : stepOf(golden(`${run.name}.x`), i - 1);
      const c = coefficientsAt(schedule, order[i] as number);
      expectStep(run, programs.step(chain, weights, before, c, at(noise, i), wish), i);
    },
    60_000,
  );
});

const compileFor = <F extends (...args: never[]) => unknown>(
  f: F,
  chain: programs.Chain,
  args: Readonly<Record<string, unknown>>,
) =>
  compile(f, {
    source: new URL("../../../programs/diffusion.ts", import.meta.url).href,
    statics: { chain },
    specs: specsOf({ weights, ...args }),
    device: "wasm",
  });

describe("compiled, whole trajectories", () => {
  /** Programs by what is settled in them: one serves every schedule, scale and η. */
  const steps = new Map<string, ReturnType<typeof compileStep>>();
  const compileStep = (chain: programs.Chain, wish: programs.Wish, schedule: Schedule) =>
    compileFor(programs.step, chain, { x: xT, c: coefficientsAt(schedule, 0), noise: at(noise, 0), wish });

  test.each(chains)(
    "$name",
    async (run) => {
      const { schedule, chain, wish, order, start } = open(run);
      const settled = [chain.sampler, chain.clip, chain.guided].join(" ");
      const compiling = steps.get(settled) ?? compileStep(chain, wish, schedule);
      steps.set(settled, compiling);
      const step = await compiling;
      const states = trajectory(
        ({ x }: Stepped<Shape>, i: number) =>
          step(chain, weights, x, coefficientsAt(schedule, order[i] as number), at(noise, i), wish),
        { x: start, xStart: start },
        order.keys(),
      );
      let i = 0;
      for await (const state of states) expectStep(run, state, i++);
      expect(i).toBe(10);
    },
    120_000,
  );

  test("six programs serve the eleven chains", () => {
    expect([...steps.keys()].sort()).toEqual([
      "ddim true false",
      "ddim true true",
      "ddim-reverse true false",
      "ddpm false false",
      "ddpm true false",
      "ddpm true true",
    ]);
  });
});

describe("compiled, as one loop", () => {
  test.each(chains.filter(({ name }) => ["ddpm-guided", "ddim-eta-guided", "ddim-cosine-eta-unguided"].includes(name)))(
    "$name ends where the original ends",
    async (run) => {
      const { schedule, chain, wish, order, start } = open(run);
      const table = coefficientTable(schedule, order);
      const whole = await compileFor(programs.wholeChain, chain, { x: start, table, noise, wish });
      const progress: (readonly [number, number])[] = [];
      const result = await whole.loaded.call(
        [chain, toHost(weights), toHost(start), toHost(table), toHost(noise), toHost(wish)] as never,
        { onStep: (done, total) => progress.push([done, total]) },
      );
      const last = tensor(await result.read(), "f32");
      expectClose(last, stepOf(golden(`${run.name}.x`), 9), toleranceOf(run.errors.x));
      expect(progress).toEqual(Array.from({ length: 10 }, (_, i) => [i + 1, 10]));
    },
    120_000,
  );
});

describe("the terms of the likelihood", () => {
  const run = runs.find(({ name }) => name === "bpd") as Run;
  const { schedule, chain, order } = open(run);
  const xStart: Images = tensor(golden("ddim-reverse.x0"), "f32");
  const table = coefficientTable(schedule, order);
  const expectTerms = ({ total, prior, bound, xStartMse, mse }: BitsPerDimension<2, 10>): void => {
    const terms: Readonly<Record<BitsTerm, Tensor>> = {
      total_bpd: total,
      prior_bpd: prior,
      vb: bound,
      xstart_mse: xStartMse,
      mse,
    };
    for (const [name, term] of Object.entries(terms)) {
      const { absolute } = toleranceOf(run.errors[name as BitsTerm]);
      // What is nearly 0 is a difference of equal numbers; the likelihood at step 0 is off by 0.5 % in f32.
      expectClose(term, golden(`bpd.${name}`), { absolute: Math.max(absolute, 1e-6), relative: 1e-5 });
    }
  };

  test("directly", () => {
    expectTerms(programs.bits(chain, weights, xStart, table, noise, y));
  }, 60_000);

  test("compiled", async () => {
    const bits = await compileFor(programs.bits, chain, { xStart, table, noise, y });
    expectTerms(await bits(chain, weights, xStart, table, noise, y));
  }, 60_000);
});
