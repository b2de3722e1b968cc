/** q against the original's numbers, and identities that it satisfies at every step. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Host } from "../../../../dsl/host.ts";
import { inPrecision, type Tensor, tensor } from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import {
  type Coefficients,
  coefficientsAt,
  coefficientTable,
  lookUp,
} from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import {
  addNoise,
  epsFromXStart,
  forward,
  posterior,
  xStartFromEps,
} from "../../../../examples/guided-diffusion/diffusion/forward.ts";
import { priorTerm } from "../../../../examples/guided-diffusion/diffusion/likelihood.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { readTensors } from "../../../support/goldens.ts";
import { elementsOf } from "../../../support/tensors.ts";

const goldens = await readTensors("diffusion-q.safetensors");
const golden = (name: string): Host => goldens.get(name) as Host;

type Images = Tensor<[4, 3, 8, 8]>;

describe.each(["linear", "cosine"] as const)("%s, t = 0, 1, 500, 999", (name) => {
  const schedule = namedSchedule(name, 1000);
  const xStart: Images = tensor(golden("x0"), "f32");
  const noise: Images = tensor(golden("noise"), "f32");
  const x: Images = tensor(golden("x_t"), "f32");
  const t: Tensor<[4], "i32"> = tensor(golden("t"), "i32");
  const c: Coefficients<[4, 3, 8, 8]> = lookUp(coefficientTable(schedule), t);
  const close = (actual: unknown, expected: string): void => {
    expectClose(actual, golden(`${name}.${expected}`), { relative: 1e-6, absolute: 5e-7 });
  };

  test("q_sample", () => close(addNoise(xStart, noise, c), "q_sample"));

  test("q_mean_variance", () => {
    const { mean, variance, logVariance } = forward(xStart, c);
    close(mean, "q_mean_variance.mean");
    close(variance, "q_mean_variance.variance");
    close(logVariance, "q_mean_variance.log_variance");
  });

  test("q_posterior", () => {
    const { mean, variance, logVariance } = posterior(xStart, x, c);
    close(mean, "q_posterior.mean");
    close(variance, "q_posterior.variance");
    close(logVariance, "q_posterior.log_variance");
  });

  test("prior_bpd", () => {
    const found = priorTerm(xStart, coefficientsAt(schedule, 999));
    expectClose(found, golden(`${name}.prior_bpd`), { absolute: 1e-7 });
  });
});

const anyStep = fc.constantFrom("linear" as const, "cosine" as const).chain((name) =>
  fc.record({
    name: fc.constant(name),
    t: fc.integer({ min: 0, max: 199 }),
    xStart: fc.double({ min: -1, max: 1, noNaN: true }),
    noise: fc.double({ min: -3, max: 3, noNaN: true }),
  }),
);
const schedules = { linear: namedSchedule("linear", 200), cosine: namedSchedule("cosine", 200) };

describe("in exact arithmetic", () => {
  test("x₀ and ε lead to each other through x", () => {
    fc.assert(
      fc.property(anyStep, ({ name, t, xStart, noise }) =>
        inPrecision("f64", () => {
          const c = coefficientsAt(schedules[name], t);
          const x = addNoise(tensor([xStart]), tensor([noise]), c);
          // The error of x grows as it is divided by √ᾱ, or by √(1 − ᾱ).
          const scale = elementsOf(c.sqrtRecipAlphaBar)[0] as number;
          expectClose(xStartFromEps(x, tensor([noise]), c), [xStart], { absolute: 1e-14 * scale });
          const back = epsFromXStart(x, tensor([xStart]), c);
          expectClose(back, [noise], { absolute: 1e-12 });
        }),
      ),
    );
  });

  test("the posterior, with x₀ and noise taken apart, is the step before: Bayes' rule", () => {
    fc.assert(
      fc.property(anyStep, ({ name, t, xStart, noise }) =>
        inPrecision("f64", () => {
          const schedule = schedules[name];
          const c = coefficientsAt(schedule, t);
          const x = addNoise(tensor([xStart]), tensor([noise]), c);
          const { mean, variance } = posterior(tensor([xStart]), x, c);
          // Of xₜ₋₁ given x₀: mean √ᾱₜ₋₁ x₀, and variance 1 − ᾱₜ₋₁ = β̃ + (weight of xₜ)² (1 − ᾱₜ).
          const before = t === 0 ? 1 : (schedule.alphaBar[t - 1] as number);
          const weight = schedule.posteriorMeanX[t] as number;
          const noisePart = weight * (schedule.sqrtOneMinusAlphaBar[t] as number) * noise;
          expectClose(mean, [Math.sqrt(before) * xStart + noisePart], { absolute: 1e-12 });
          const total = (elementsOf(variance)[0] as number) + weight ** 2 * (schedule.oneMinusAlphaBar[t] as number);
          expectClose(total, 1 - before, { relative: 1e-11, absolute: 1e-15 });
        }),
      ),
    );
  });

  test("signal and noise have squares that add up to 1, at every step", () => {
    for (const { sqrtAlphaBar, sqrtOneMinusAlphaBar } of Object.values(schedules)) {
      sqrtAlphaBar.forEach((signal, t) => {
        expect(signal ** 2 + (sqrtOneMinusAlphaBar[t] as number) ** 2).toBeCloseTo(1, 14);
      });
    }
  });
});

test("steps that a schedule does not have are refused", () => {
  const schedule = schedules.linear;
  expect(() => coefficientsAt(schedule, 200)).toThrow("step 200 of a schedule whose steps are 0 to 199");
  expect(() => coefficientsAt(schedule, -1)).toThrow("step -1");
  expect(() => coefficientTable(schedule, [0, 0.5])).toThrow("step 0.5");
});

test("one row for each example is the same as each example with its own numbers", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 199 }), { minLength: 1, maxLength: 4 }), (steps) => {
      const schedule = schedules.cosine;
      const filled = (seed: number): number[][][][] =>
        steps.map((_, i) => [[[Math.sin(seed + i), Math.cos(seed * i)]]]);
      const [xStart, noise] = [filled(1), filled(2)];
      const t = tensor(steps, "i32");
      const together = addNoise(tensor(xStart), tensor(noise), lookUp(coefficientTable(schedule), t));
      const apart = steps.flatMap((step, i) =>
        elementsOf(
          addNoise(tensor(xStart.slice(i, i + 1)), tensor(noise.slice(i, i + 1)), coefficientsAt(schedule, step)),
        ),
      );
      expect(elementsOf(together)).toEqual(apart);
    }),
  );
});
