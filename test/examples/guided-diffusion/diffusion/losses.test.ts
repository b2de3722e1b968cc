/** Training losses: of a closed-form model in f64, and of the UNet of `goldens/unet-a`, against the original's. */

import { describe, expect, test } from "vitest";
import { compile } from "../../../../compiler/index.ts";
import type { Host } from "../../../../dsl/host.ts";
import { type Dyn, inPrecision, slice, type Tensor, tensor } from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import { coefficientTable, lookUp } from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import {
  mseLoss,
  rescaledKlLoss,
  rescaledMseLoss,
  trainingLosses,
} from "../../../../examples/guided-diffusion/diffusion/losses.ts";
import {
  epsilon,
  fixedLarge,
  learnedRange,
  startX,
} from "../../../../examples/guided-diffusion/diffusion/prediction.ts";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import type { Model } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import {
  namedSchedule,
  rescaleTimesteps,
  type ScheduleName,
} from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import type { UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import { unet } from "../../../../examples/guided-diffusion/networks/unet.ts";
import * as programs from "../../../programs/diffusion.ts";
import { specsOf } from "../../../support/compiled.ts";
import { closedEps, closedModel, quantised, reference, squares } from "../../../support/diffusion-reference.ts";
import { noiseFill } from "../../../support/fill.ts";
import { readJson, readTensors } from "../../../support/goldens.ts";
import { openGolden } from "../../../support/network-golden.ts";
import { elementsOf } from "../../../support/tensors.ts";

describe("a closed-form model, in f64", () => {
  test.each(reference.losses)("$setting, t = $t", ({ setting, t, mse, bound, loss }) =>
    inPrecision("f64", () => {
      const steps = setting.includes("steps=4000") ? 4000 : 1000;
      const full = namedSchedule(setting.includes("cosine") ? "cosine" : "linear", steps);
      const schedule = setting.includes("respacing=250") ? respace(full, "250") : full;
      const variance = setting.includes("learn_sigma=False") ? fixedLarge : learnedRange;
      const lossType = setting.includes("use_kl")
        ? rescaledKlLoss
        : setting.includes("rescale_learned_sigmas")
          ? rescaledMseLoss
          : mseLoss;
      const model: Model<2, 1, 2, 2> = variance.learned ? closedModel : closedEps;
      const found = trainingLosses(
        model,
        { mean: setting.includes("predict_xstart") ? startX : epsilon, variance },
        lossType,
        schedule.steps,
        quantised(),
        lookUp(coefficientTable(schedule), tensor(t as [number, number], "i32")),
        squares(noiseFill(62, 8)),
      );
      const expected = { loss, ...(mse === null ? {} : { mse }), ...(bound === null ? {} : { bound }) };
      expectClose(found, expected, { relative: 2e-9 });
    }),
  );
});

interface Settings {
  readonly schedule: ScheduleName;
  readonly steps: number;
  readonly respacing: string;
  readonly mean: programs.LossSettings["mean"];
  readonly var: programs.LossSettings["variance"];
  readonly loss: programs.LossSettings["loss"];
  readonly rescale_timesteps: boolean;
}
interface Numbers {
  readonly loss: readonly number[];
  readonly mse?: readonly number[];
  readonly vb?: readonly number[];
}
interface Row {
  readonly settings: Settings;
  readonly t: readonly [number, number, number, number];
  readonly float32: Numbers;
  readonly float64: Numbers;
}
interface Gradients {
  readonly t: Row["t"];
  readonly results: Readonly<
    Record<
      Settings["loss"],
      { readonly float64: Readonly<Record<string, readonly [norm: number, alongNoise: number]>> }
    >
  >;
}

type Batch = Tensor<[4, 3, 16, 16]>;
type Output = Tensor<[4, Dyn, 16, 16]>;

describe("the UNet of goldens/unet-a", async () => {
  const { rows } = readJson<{ readonly rows: readonly Row[] }>("losses.json");
  const { config, parameters } = await openGolden<UNetConfig>("unet-a");
  const inputs = await readTensors("losses.in.safetensors");
  const host = (name: string): Host => inputs.get(name) as Host;
  const y: Tensor<[4], "i32"> = tensor(host("y"), "i32");
  const xStart: Batch = tensor(host("x0"), "f32");
  const noise: Batch = tensor(host("noise"), "f32");

  const scheduleOf = ({ schedule, steps, respacing, rescale_timesteps }: Settings) => {
    const respaced = respace(namedSchedule(schedule, steps), respacing);
    return rescale_timesteps ? rescaleTimesteps(respaced) : respaced;
  };

  // Most settings see the same x and t, and so the same output.
  const outputs = new Map<string, Output>();
  const remembered =
    (key: string, channels: number) =>
    (x: Batch, t: Tensor<[4]>): Output => {
      const found = outputs.get(key) ?? unet(config, parameters, x, t, y);
      outputs.set(key, found);
      return slice(found, 1, 0, channels);
    };

  test.each(rows.map((row) => ({ ...row, name: Object.values(row.settings).join(" ") })))(
    "$name",
    (row) => {
      const { schedule, steps, respacing, rescale_timesteps, mean, var: variance, loss: lossType } = row.settings;
      const chain = scheduleOf(row.settings);
      const key = [schedule, steps, respacing, rescale_timesteps, ...row.t].join(" ");
      const type = programs.varianceTypes[variance];
      const { loss, mse, bound } = trainingLosses(
        remembered(key, type.learned ? 6 : 3),
        { mean: programs.meanTypes[mean], variance: type },
        programs.lossTypes[lossType],
        chain.steps,
        xStart,
        lookUp(coefficientTable(chain), tensor(row.t, "i32")),
        noise,
      );
      const found = { loss, ...(mse && { mse }), ...(bound && { bound }) };
      const { vb, ...others } = row.float64;
      expectClose(found, { ...others, ...(vb && { bound: vb }) }, { relative: 1e-4, absolute: 1e-6 });
    },
    60_000,
  );

  describe("compiled", () => {
    const { t, results } = readJson<Gradients>("losses.grads.json");
    const table = coefficientTable(namedSchedule("linear", 1000));
    const steps = tensor(t, "i32");
    const specs = specsOf({ p: parameters, xStart, table, t: steps, noise, y });
    const optionsFor = (loss: Settings["loss"]) => ({
      source: new URL("../../../programs/diffusion.ts", import.meta.url).href,
      statics: { config, settings: { steps: 1000, mean: "EPSILON", variance: "LEARNED_RANGE", loss } },
      specs,
      device: "wasm" as const,
    });

    test.each(["MSE", "RESCALED_KL"] as const)(
      "%s is what it is directly",
      async (loss) => {
        const settings = { steps: 1000, mean: "EPSILON", variance: "LEARNED_RANGE", loss } as const;
        const compiled = await compile(programs.losses, optionsFor(loss));
        const found = await compiled(config, settings, parameters, xStart, table, steps, noise, y);
        const expected = programs.losses(config, settings, parameters, xStart, table, steps, noise, y);
        expectClose(found, expected, { relative: 1e-4, absolute: 1e-6 });
      },
      60_000,
    );

    test.each(Object.keys(results) as Settings["loss"][])(
      "the gradient of the mean of %s has the original's size and direction, for every parameter",
      async (loss) => {
        const settings = { steps: 1000, mean: "EPSILON", variance: "LEARNED_RANGE", loss } as const;
        const compiled = await compile(programs.lossGradient, optionsFor(loss));
        const gradient = await compiled(config, settings, parameters, xStart, table, steps, noise, y);
        const largest = Math.max(...Object.values(results[loss].float64).map(([norm]) => norm));
        const wrong = Object.entries(results[loss].float64).flatMap(([key, [norm, alongNoise]], k) => {
          const values = elementsOf(gradient[key] as Tensor);
          const random = noiseFill(50_000 + k, values.length);
          const length = Math.hypot(...values);
          const along = values.reduce((sum, value, i) => sum + value * (random[i] as number), 0);
          // Where there is no effect there is no gradient, and what is found is rounding.
          const allowed = 1e-3 * norm + 1e-6 * largest;
          return Math.abs(length - norm) <= allowed && Math.abs(along - alongNoise) <= allowed
            ? []
            : [{ key, norm, length, alongNoise, along }];
        });
        expect(Object.keys(gradient).length).toBe(Object.keys(results[loss].float64).length);
        expect(wrong).toEqual([]);
      },
      120_000,
    );
  });
});
