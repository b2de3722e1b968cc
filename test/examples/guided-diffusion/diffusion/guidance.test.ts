/** Guidance: limits, the two ways beside each other, and gradients of a classifier. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concat,
  type Dyn,
  embedding,
  inPrecision,
  linear,
  map,
  reshape,
  softmax,
  type Tensor,
  tensor,
} from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import { coefficientsAt } from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { ddimStep } from "../../../../examples/guided-diffusion/diffusion/ddim.ts";
import { ddpmStep } from "../../../../examples/guided-diffusion/diffusion/ddpm.ts";
import {
  classifierGradient,
  guideFree,
  guideFreeDoubled,
  guideMean,
  guideScore,
  type LabelledModel,
} from "../../../../examples/guided-diffusion/diffusion/guidance.ts";
import {
  epsilon,
  fixedLarge,
  fixedSmall,
  keep,
  type Prediction,
  type VarianceType,
} from "../../../../examples/guided-diffusion/diffusion/prediction.ts";
import { predictBy } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import {
  namedSchedule,
  type ScheduleName,
  type Tables,
} from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { closedEps, type Pixels } from "../../../support/diffusion-reference.ts";
import { fillOf, noiseFill } from "../../../support/fill.ts";
import { elementsOf } from "../../../support/tensors.ts";

type Four = [1, 1, 1, 4];
const row = (values: readonly number[]): Pixels<1, 4> => tensor([[[values]]]) as Pixels<1, 4>;

const predictAt = (x: Pixels<1, 4>, c: Tables<Tensor<[]>>, variance: VarianceType = fixedLarge): Prediction<Four> =>
  predictBy(closedEps, { mean: epsilon, variance }, x, c, keep);

const someStep = fc.record({
  name: fc.constantFrom<ScheduleName>("linear", "cosine"),
  t: fc.integer({ min: 0, max: 99 }),
  seed: fc.nat(1e6),
});
const schedules = { linear: namedSchedule("linear", 100), cosine: namedSchedule("cosine", 100) };

describe("of scale 0 is none", () => {
  test("by the mean", () => {
    fc.assert(
      fc.property(someStep, ({ name, t, seed }) => {
        const c = coefficientsAt(schedules[name], t);
        const prediction = predictAt(row(noiseFill(seed, 4)), c);
        const guided = guideMean(prediction, row(noiseFill(seed + 1, 4)), tensor(0));
        expect(elementsOf(guided.mean)).toEqual(elementsOf(prediction.mean));
      }),
    );
  });

  test("by the score", () => {
    fc.assert(
      fc.property(someStep, ({ name, t, seed }) =>
        inPrecision("f64", () => {
          const c = coefficientsAt(schedules[name], t);
          const x = row(noiseFill(seed, 4));
          const prediction = predictAt(x, c);
          const guided = guideScore(prediction, x, c, row(noiseFill(seed + 1, 4)), tensor(0));
          // x₀ goes to ε and back, and is rounded in units of x / √ᾱ.
          const absolute = 1e-14 * Math.max(1, elementsOf(c.sqrtRecipAlphaBar)[0] as number);
          expectClose(guided.xStart, prediction.xStart, { absolute });
          expectClose(guided.mean, prediction.mean, { absolute });
        }),
      ),
    );
  });
});

describe("by mean and by score", () => {
  /** Slope of log y over log x, by least squares. */
  const slope = (points: readonly (readonly [x: number, y: number])[]): number => {
    const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
    const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [mx, my] = [meanOf(logs.map(([x]) => x)), meanOf(logs.map(([, y]) => y))];
    const covariance = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
    return covariance / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
  };

  /** What guidance does to a DDPM step at a part of the way, by both, in f64. */
  const shifts = (steps: number, part: number, variance: VarianceType) =>
    inPrecision("f64", () => {
      const schedule = namedSchedule("linear", steps);
      const t = Math.round(part * (steps - 1));
      const c = coefficientsAt(schedule, t);
      const [x, g, noise] = [row(noiseFill(1, 4)), row(noiseFill(2, 4)), row(noiseFill(3, 4))];
      const prediction = predictAt(x, c, variance);
      const step = (guided: Prediction<Four>): number[] => elementsOf(ddpmStep(guided, c, noise).x);
      const plain = step(prediction);
      const byMean = step(guideMean(prediction, g, tensor(2)));
      const byScore = step(guideScore(prediction, x, c, g, tensor(2)));
      const norm = (a: readonly number[], b: readonly number[]): number =>
        Math.hypot(...a.map((value, i) => value - (b[i] as number)));
      return { beta: schedule.beta[t] as number, gap: norm(byMean, byScore), shift: norm(byMean, plain) };
    });

  const variances = [
    ["fixedSmall", fixedSmall],
    ["fixedLarge", fixedLarge],
  ] as const;
  describe.each(variances)("%s", (_, variance) => {
    test.each([0.2, 0.5, 0.8])(
      "the part of the shift in which they differ falls with β over 250, 1000 and 4000 steps, at %d of the way",
      (part) => {
        const found = [250, 1000, 4000].map((steps) => shifts(steps, part, variance));
        expect(slope(found.map(({ beta, gap, shift }) => [beta, gap / shift]))).toBeGreaterThanOrEqual(0.9);
        // The shift is in proportion to β, so the gap falls with its square.
        expect(slope(found.map(({ beta, gap }) => [beta, gap]))).toBeGreaterThanOrEqual(1.9);
        expect(found.at(-1)?.gap).toBeGreaterThan(0);
      },
    );
  });

  test("DDIM with η = 1, guided, is DDPM with the small variance, guided by the score", () => {
    fc.assert(
      fc.property(someStep, ({ name, t, seed }) =>
        inPrecision("f64", () => {
          const c = coefficientsAt(schedules[name], t);
          const [x, g, noise] = [row(noiseFill(seed, 4)), row(noiseFill(seed + 1, 4)), row(noiseFill(seed + 2, 4))];
          const guided = guideScore(predictAt(x, c, fixedSmall), x, c, g, tensor(1.5));
          const scale = Math.max(...elementsOf(guided.xStart).map(Math.abs), 1);
          expectClose(ddimStep(guided, x, c, tensor(1), noise).x, ddpmStep(guided, c, noise).x, {
            absolute: 1e-11 * scale,
          });
        }),
      ),
    );
  });
});

describe("classifierGradient", () => {
  const classes = 5;
  const weights = tensor(Array.from({ length: classes }, (_, k) => fillOf(k + 1, 12))) as Tensor<[5, 12]>;
  /** Logits that depend on x linearly: their gradient is known. */
  const flat = <B extends number>(x: Tensor<[B, 3, 2, 2]>): Tensor<[B, 12]> => reshape(x, [x.shape[0], 12]);
  const classifier = <B extends number>(x: Tensor<[B, 3, 2, 2]>, t: Tensor<[B]>): Tensor<[B, 5]> => {
    const scaled = map(reshape(t, [t.shape[0], 1]), (t) => 1 + t / 100);
    return map(linear(flat(x), weights), scaled, (logit, scale) => logit * scale);
  };

  test("is (row of y − Σ p row) of linear logits", () =>
    inPrecision("f64", () => {
      const x = tensor(
        [0, 1].map((b) => [0, 1, 2].map((c) => [fillOf(b * 10 + c, 2), fillOf(b + 50 * c, 2)])),
      ) as Tensor<[2, 3, 2, 2]>;
      const t = tensor([10, 50]) as Tensor<[2]>;
      const y = [3, 0];
      const found = elementsOf(classifierGradient(classifier, x, t, tensor(y as [number, number], "i32")));
      const probabilities = elementsOf(softmax(classifier(x, t), 1));
      const rows = elementsOf(weights);
      const expected = y.flatMap((label, b) =>
        Array.from({ length: 12 }, (_, i) => {
          const average = Array.from({ length: classes }, (_, k) => k).reduce(
            (sum, k) => sum + (probabilities[b * classes + k] as number) * (rows[k * 12 + i] as number),
            0,
          );
          return (1 + (b === 0 ? 0.1 : 0.5)) * ((rows[label * 12 + i] as number) - average);
        }),
      );
      expectClose(found, expected, { absolute: 1e-12 });
    }));

  test("of a batch is that of each image alone", () => {
    const x = tensor([1, 2, 3].map((b) => [0, 1, 2].map((c) => [fillOf(b * 10 + c, 2), fillOf(b + 50 * c, 2)])));
    const parts = [0, 1, 2].map((b) => {
      const alone = tensor([[0, 1, 2].map((c) => [fillOf((b + 1) * 10 + c, 2), fillOf(b + 1 + 50 * c, 2)])]);
      return elementsOf(
        classifierGradient(
          classifier,
          alone as Tensor<[1, 3, 2, 2]>,
          tensor([10 * b]) as Tensor<[1]>,
          tensor([b], "i32"),
        ),
      );
    });
    const together = classifierGradient(
      classifier,
      x as Tensor<[3, 3, 2, 2]>,
      tensor([0, 10, 20]) as Tensor<[3]>,
      tensor([0, 1, 2], "i32"),
    );
    expect(elementsOf(together)).toEqual(parts.flat());
  });
});

describe("without a classifier", () => {
  const none = 3;
  const shift = tensor([0.1, -0.2, 0.4, 0]);
  /** An output that depends on the label, with as many channels of variance. */
  const model: LabelledModel = (x, t, y) => {
    const [batch] = x.shape;
    const labels = reshape(embedding(shift, y), [batch, 1, 1, 1]);
    const times = reshape(t, [batch, 1, 1, 1]);
    const eps = map(x, labels, times, (x, label, t) => Math.sin(x + label) + t / 1000);
    return concat([eps, map(x, labels, (x, label) => x * label)], 1) as Tensor<[typeof batch, Dyn, Dyn, Dyn]>;
  };
  const x = tensor([1, 2].map((b) => [0, 1].map((c) => [fillOf(b * 10 + c, 3)]))) as Tensor<[2, 2, 1, 3]>;
  const t = tensor([10, 700]) as Tensor<[2]>;
  const y = tensor([0, 2], "i32");

  test("of scale 0 is the labelled model", () => {
    const guided = guideFree(model, none, tensor(0))(x, t, y);
    expect(elementsOf(guided)).toEqual(elementsOf(model(x, t, y)));
  });

  test("of scale −1 is the model without a label, but for the variance", () => {
    const guided = elementsOf(guideFree(model, none, tensor(-1))(x, t, y));
    const plain = elementsOf(model(x, t, tensor([none, none], "i32")));
    const labelled = elementsOf(model(x, t, y));
    // Two channels of the mean, then two of the variance, of three pixels each.
    const mean = (i: number): boolean => i % 12 < 6;
    expect(guided).toEqual(labelled.map((value, i) => (mean(i) ? plain[i] : value)));
  });

  test("moves away from the model without a label, in proportion to the scale", () => {
    const at = (scale: number): number[] => elementsOf(guideFree(model, none, tensor(scale))(x, t, y));
    const [zero, one, three] = [at(0), at(1), at(3)];
    expectClose(
      three.map((value, i) => value - (zero[i] as number)),
      one.map((value, i) => 3 * (value - (zero[i] as number))),
      { absolute: 1e-6 },
    );
  });

  test("by one evaluation of twice the batch is the same", () => {
    const two = guideFree(model, none, tensor(2.5))(x, t, y);
    const doubled = guideFreeDoubled(model, none, tensor(2.5))(x, t, y);
    expect(elementsOf(doubled)).toEqual(elementsOf(two));
  });
});
