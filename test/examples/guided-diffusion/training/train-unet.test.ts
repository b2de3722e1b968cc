/** Five steps of AdamW and a running average on a small network of the original (`goldens/train.*`). */

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compile } from "../../../../compiler/index.ts";
import { ones, tensor, toHost } from "../../../../dsl/index.ts";
import type { AnyTensor } from "../../../../dsl/tensor.ts";
import { coefficientTable } from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import type { UNetConfig } from "../../../../examples/guided-diffusion/networks/config.ts";
import type { Parameters } from "../../../../examples/guided-diffusion/networks/parameter-types.ts";
import { initTraining, type TrainState } from "../../../../examples/guided-diffusion/training/state.ts";
import {
  trainUNet,
  type UNetExamples,
  type UNetTraining,
} from "../../../../examples/guided-diffusion/training/train-unet.ts";
import { specOf } from "../../../support/compiled.ts";
import { readJson, readTensors } from "../../../support/goldens.ts";
import { openGolden } from "../../../support/network-golden.ts";

interface Step {
  readonly loss: readonly number[];
  readonly mse: readonly number[];
  readonly vb: readonly number[];
  readonly grad_norm: number;
  readonly param_norm_before_step: number;
}

const source = fileURLToPath(new URL("../../../../examples/guided-diffusion/training/train-unet.ts", import.meta.url));
const numbers = (x: AnyTensor): number[] => Array.from(toHost(x).data as Float32Array);
const relative = (found: number, expected: number): number => Math.abs(found - expected) / Math.abs(expected);

/** Shares of the entries, biases aside, that differ by more than a bound. */
const shareBeyond = (bound: number, found: Parameters, expected: ReadonlyMap<string, AnyTensor>, prefix: string) => {
  let [all, beyond] = [0, 0];
  for (const [key, value] of Object.entries(found)) {
    if (key.endsWith(".bias")) continue;
    const stored = numbers(expected.get(`${prefix}.${key}`) as AnyTensor);
    numbers(value).forEach((number, i) => {
      all++;
      if (!(Math.abs(number - (stored[i] as number)) <= bound)) beyond++;
    });
  }
  return beyond / all;
};

test.each([1, 2])("five steps in %i parts end where the original's do", async (microbatches) => {
  const { config, parameters } = await openGolden<UNetConfig>("tiny");
  const inputs = new Map([...(await readTensors("train.in.safetensors"))].map(([key, host]) => [key, tensor(host)]));
  const stored = new Map([...(await readTensors("train.out.safetensors"))].map(([key, host]) => [key, tensor(host)]));
  const { steps } = readJson<{ steps: readonly Step[] }>("train.json");
  const schedule = namedSchedule("linear", 1000);
  const training: UNetTraining = {
    config,
    objective: { mean: "epsilon", variance: "learnedRange", loss: "rescaledMse" },
    steps: schedule.steps,
    weightDecay: 0.05,
    averageRates: [0.99],
    microbatches,
  };
  const examplesAt = (i: number): UNetExamples<4> => {
    const at = (name: string): AnyTensor => inputs.get(`step${i}.${name}`) as AnyTensor;
    return { xStart: at("x0"), noise: at("noise"), step: at("t"), importance: ones([4]), y: at("y") };
  };
  const table = coefficientTable(schedule);
  let state: TrainState<Parameters> = initTraining(parameters, 1);
  const given = { state, examples: examplesAt(0), table };
  const specs = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, specOf(value)]));
  const step = await compile(trainUNet, {
    source,
    device: "wasm",
    threads: 1,
    statics: { training, dropout: undefined },
    specs,
  } as never);

  for (const [i, expected] of steps.entries()) {
    const rate = tensor(1e-3);
    const {
      state: next,
      losses,
      gradientNorm,
      parameterNorm,
    } = await (step as unknown as (...args: readonly unknown[]) => Promise<ReturnType<typeof trainUNet<4>>>)(
      training,
      state,
      examplesAt(i),
      table,
      rate,
      undefined,
    );
    state = next;
    if (microbatches > 1) continue;
    for (const [name, values] of [
      ["loss", losses.loss],
      ["mse", losses.mse],
      ["vb", losses.bound],
    ] as const)
      numbers(values as AnyTensor).forEach((value, n) => {
        expect(relative(value, expected[name][n] as number), `${name} ${n} of step ${i}`).toBeLessThan(
          name === "vb" ? 1e-3 : 1e-5,
        );
      });
    expect(relative(numbers(gradientNorm)[0] as number, expected.grad_norm)).toBeLessThan(1e-4);
    expect(relative(numbers(parameterNorm)[0] as number, expected.param_norm_before_step)).toBeLessThan(1e-4);
  }
  // Gradients of two halves add up to twice those of the whole, and Adam divides by the root of their mean square: only ε shows.
  const bound = microbatches === 1 ? 2e-5 : 1e-4;
  expect(shareBeyond(bound, state.params, stored, "param")).toBeLessThan(1e-3);
  expect(shareBeyond(bound, state.averages[0] as Parameters, stored, "ema")).toBeLessThan(1e-3);
});
