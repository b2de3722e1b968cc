/** Likelihoods against the original's numbers in f64. */

import { describe, expect, test } from "vitest";
import { inPrecision, stack, type Tensor, tensor } from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import {
  type Coefficients,
  coefficientsAt,
  coefficientTable,
  descending,
} from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import {
  approximateNormalCdf,
  bitsPerDimension,
  discretisedLogLikelihood,
  normalKl,
  priorTerm,
} from "../../../../examples/guided-diffusion/diffusion/likelihood.ts";
import { epsilon, learnedRange, type Prediction } from "../../../../examples/guided-diffusion/diffusion/prediction.ts";
import { predictBy } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import { namedSchedule } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { closedModel, quantised, reference, scheduleFor, squares } from "../../../support/diffusion-reference.ts";
import { noiseFill } from "../../../support/fill.ts";
import { elementsOf } from "../../../support/tensors.ts";

const column = (values: readonly number[]): Tensor<[number]> => tensor(values) as Tensor<[number]>;

test.each(reference.normalKl)("normalKl($args)", ({ args: [mean1, log1, mean2, log2], value }) =>
  inPrecision("f64", () => {
    const p = { mean: column([mean1]), logVariance: column([log1]) };
    const q = { mean: column([mean2]), logVariance: column([log2]) };
    expectClose(normalKl(p, q), [value], { relative: 1e-10, absolute: 1e-14 });
  }),
);

test.each(reference.normalCdf)("approximateNormalCdf($x)", ({ x, value }) =>
  inPrecision("f64", () => {
    expectClose(approximateNormalCdf(column([x])), [value], { relative: 1e-9 });
  }),
);

test.each(reference.discretised)(
  "discretisedLogLikelihood of $x at $mean, log σ = $logScale",
  ({ x, mean, logScale, value }) =>
    inPrecision("f64", () => {
      const found = discretisedLogLikelihood(column([x]), {
        mean: column([mean]),
        logVariance: column([2 * logScale]),
      });
      expectClose(found, [value], { relative: 1e-9, absolute: 1e-12 });
    }),
);

test("the 256 values of a pixel have probabilities that add up to 1", () => {
  const values = Array.from({ length: 256 }, (_, i) => i / 127.5 - 1);
  for (const [mean, logVariance] of [
    [0, -2],
    [0.9, -4],
    [-1, -6],
  ] as const) {
    const logs = inPrecision("f64", () =>
      elementsOf(
        discretisedLogLikelihood(column(values), {
          mean: column(values.map(() => mean)),
          logVariance: column(values.map(() => logVariance)),
        }),
      ),
    );
    const total = logs.reduce((sum, log) => sum + Math.exp(log), 0);
    // Those floored at 1e-12 add that.
    expect(Math.abs(total - 1)).toBeLessThan(256e-12);
  }
});

describe("images of the specification", () => {
  type Shape = [2, 1, 2, 2];

  test.each([
    ["linear", [1.57344682189e-5, 1.92677973827e-5]],
    ["cosine", [9.46866718e-10, 1.15950287e-9]],
  ] as const)("priorTerm, %s", (name, expected) =>
    inPrecision("f64", () => {
      const found = priorTerm(quantised(), coefficientsAt(namedSchedule(name, 1000), 999));
      expectClose(found, expected, { relative: 1e-6 });
    }),
  );

  test("bitsPerDimension over ddim25", () =>
    inPrecision("f64", () => {
      const schedule = scheduleFor({ name: "linear", spacing: "ddim25" });
      const predict = (x: Tensor<Shape>, c: Coefficients<Shape>): Prediction<Shape> =>
        predictBy(closedModel, { mean: epsilon, variance: learnedRange }, x, c);
      const noise = stack(Array.from({ length: 25 }, (_, n) => squares(noiseFill(7001 + n, 8))));
      const { total, prior, bound, xStartMse, mse } = bitsPerDimension(
        predict,
        quantised(),
        coefficientTable(schedule, descending(schedule)),
        noise,
      );
      expectClose(total, [24.2327249626, 11.3541457784], { relative: 1e-9 });
      expectClose(prior, [3.40811648709e-5, 4.17340915462e-5], { relative: 1e-9 });
      const places = [0, 1, 12, 23, 24];
      const first = (terms: Tensor): number[] => places.map((place) => elementsOf(terms)[place] as number);
      const digits = { relative: 2e-8 };
      expect(bound.shape).toEqual([2, 25]);
      expectClose(first(bound), [0.000107611691, 0.000166026729, 0.0270382997, 19.9739762, 1.58856885], digits);
      expectClose(first(xStartMse), [1.49731642, 1.14829681, 0.696279672, 0.0148747982, 2.19910844e-5], digits);
      expectClose(first(mse), [0.000130896443, 0.000214795247, 0.0729785225, 0.720297562, 0.219888853], digits);
    }));
});
