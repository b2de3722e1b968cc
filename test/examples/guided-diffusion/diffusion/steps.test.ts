/** Predictions, steps, guidance and whole chains with a closed-form model, against the original's numbers in f64. */

import { describe, test } from "vitest";
import { inPrecision, map, reshape, type Tensor, tensor, zeros } from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import {
  type Coefficients,
  coefficientsAt,
  coefficientTable,
  descending,
} from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { ddimReverseStep, ddimStep } from "../../../../examples/guided-diffusion/diffusion/ddim.ts";
import { ddpmStep } from "../../../../examples/guided-diffusion/diffusion/ddpm.ts";
import { guideMean, guideScore } from "../../../../examples/guided-diffusion/diffusion/guidance.ts";
import {
  epsilon,
  fixedSmall,
  keep,
  learnedRange,
  type Prediction,
} from "../../../../examples/guided-diffusion/diffusion/prediction.ts";
import { predictBy, type Step, sample } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import type { Tables } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import {
  closedGradient,
  closedModel,
  type Pixels,
  pixels,
  reference,
  scheduleFor,
} from "../../../support/diffusion-reference.ts";
import { noiseFill } from "../../../support/fill.ts";
import { elementsOf } from "../../../support/tensors.ts";

const parameterisation = { mean: epsilon, variance: learnedRange };
type Four = [1, 1, 1, 4];
const start = [0.9, -0.3, 0.05, 1.7];

const predictAt = (x: Pixels<1, 4>, c: Coefficients<Four>): Prediction<Four> =>
  predictBy(closedModel, parameterisation, x, c);

const one = (): Tensor<[]> => tensor(1);
const guidedByMean = (x: Pixels<1, 4>, c: Tables<Tensor<[]>>): Prediction<Four> =>
  guideMean(predictAt(x, c), closedGradient(x, c.t), one());
const guidedByScore = (x: Pixels<1, 4>, c: Tables<Tensor<[]>>): Prediction<Four> =>
  guideScore(predictAt(x, c), x, c, closedGradient(x, c.t), one());

/** Nine digits are given. */
const digits = { relative: 2e-8, absolute: 2e-9 };

describe.each(reference.steps)("$name $spacing, step $i", (found) => {
  const at = <R>(f: (x: Pixels<1, 4>, c: Tables<Tensor<[]>>, noise: Pixels<1, 4>) => R): R =>
    inPrecision("f64", () =>
      f(pixels(start), coefficientsAt(scheduleFor(found), found.i), pixels(noiseFill(5000 + found.i, 4))),
    );
  const close = (actual: Tensor, expected: readonly number[]): void => {
    expectClose(actual, [[[expected]]], digits);
  };

  test("the noise is what it was", () => at((_, __, noise) => close(noise, found.noise)));

  test("prediction", () => {
    const { xStart, mean, logVariance } = at(predictAt);
    close(xStart, found.xStart);
    close(mean, found.mean);
    close(logVariance, found.logVariance);
  });

  test("ddpmStep, also guided by the mean", () => {
    close(at((x, c, noise) => ddpmStep(predictAt(x, c), c, noise)).x, found.ddpm);
    close(at((x, c, noise) => ddpmStep(guidedByMean(x, c), c, noise)).x, found.ddpmGuided);
  });

  test("ddimStep, also guided by the score with η = 0.7", () => {
    close(at((x, c, noise) => ddimStep(predictAt(x, c), x, c, tensor(0), noise)).x, found.ddim);
    const guided = at((x, c, noise) => ddimStep(guidedByScore(x, c), x, c, tensor(0.7), noise));
    close(guided.x, found.ddimGuided);
    close(guided.xStart, found.guidedXStart);
  });

  test("σ of η = 0.7", () => {
    const schedule = scheduleFor(found);
    expectClose(0.7 * Math.sqrt(schedule.posteriorVariance[found.i] as number), found.sigma, digits);
  });

  test("ddimReverseStep", () => {
    close(at((x, c) => ddimReverseStep(predictAt(x, c), x, c)).x, found.reverse);
  });
});

test("without clipping, linear, step 500", () =>
  inPrecision("f64", () => {
    const c = coefficientsAt(scheduleFor({ name: "linear", spacing: "" }), 500);
    const { xStart, mean } = predictBy(closedModel, parameterisation, pixels(start), c, keep);
    expectClose(xStart, [[[[2.03558539, -0.200935173, 0.451383325, 3.5265991]]]], digits);
    expectClose(mean, [[[[0.900918852, -0.298845776, 0.0510855735, 1.70076194]]]], digits);
  }));

describe.each(reference.loops)("the whole chain, $name $spacing", (found) => {
  const chain = (step: Step<Four>): Tensor =>
    inPrecision("f64", () => {
      const schedule = scheduleFor(found);
      const order = descending(schedule);
      const noise = tensor(order.map((i) => [[[noiseFill(5000 + i, 4)]]]));
      return sample(step, pixels(start), coefficientTable(schedule, order), noise as Tensor<[number, ...Four]>);
    });
  const runs: readonly (readonly [name: string, step: Step<Four>, expected: readonly number[]])[] = [
    ["DDIM", (x, c, noise) => ddimStep(predictAt(x, c), x, c, tensor(0), noise), found.ddim],
    ["DDPM", (x, c, noise) => ddpmStep(predictAt(x, c), c, noise), found.ddpm],
    ["DDIM, guided", (x, c, noise) => ddimStep(guidedByScore(x, c), x, c, tensor(0), noise), found.ddimGuided],
    ["DDPM, guided", (x, c, noise) => ddpmStep(guidedByMean(x, c), c, noise), found.ddpmGuided],
  ];
  test.each(runs)("%s", (_, step, expected) => {
    expectClose(chain(step), [[[expected]]], { relative: 1e-7, absolute: 1e-8 });
  });
});

test("a DDIM chain that tests of diffusers have: ε = x t / (t + 1)", () =>
  inPrecision("f64", () => {
    type Images = [4, 3, 8, 8];
    const schedule = scheduleFor({ name: "linear", spacing: "ddim10" });
    const numbers = Array.from({ length: 768 }, (_, i) => i / 768);
    // Laid out as [3, 8, 8, 4].
    const x = tensor(
      Array.from({ length: 4 }, (_, b) =>
        Array.from({ length: 3 }, (_, c) =>
          Array.from({ length: 8 }, (_, h) =>
            Array.from({ length: 8 }, (_, w) => numbers[((c * 8 + h) * 8 + w) * 4 + b] as number),
          ),
        ),
      ),
    ) as Tensor<Images>;
    const step: Step<Images> = (x, c, noise) =>
      ddimStep(
        predictBy(
          (x, t) => map(x, reshape(t, [4, 1, 1, 1]), (x, t) => (x * t) / (t + 1)),
          { mean: epsilon, variance: fixedSmall },
          x,
          c,
        ),
        x,
        c,
        tensor(0),
        noise,
      );
    const result = sample(step, x, coefficientTable(schedule, descending(schedule)), zeros([10, 4, 3, 8, 8]));
    const total = elementsOf(result).reduce((sum, value) => sum + Math.abs(value), 0);
    expectClose(total, 172.006522, { absolute: 1e-6 });
  }));
