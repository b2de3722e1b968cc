/** What steps and chains satisfy, whatever the network. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, inPrecision, map, slice, type Tensor, tensor } from "../../../../dsl/index.ts";
import { expectClose } from "../../../../dsl/testing/index.ts";
import {
  ascending,
  coefficientsAt,
  coefficientTable,
  descending,
} from "../../../../examples/guided-diffusion/diffusion/coefficients.ts";
import { ddimReverseStep, ddimStep } from "../../../../examples/guided-diffusion/diffusion/ddim.ts";
import { ddpmStep, type Stepped } from "../../../../examples/guided-diffusion/diffusion/ddpm.ts";
import { addNoise } from "../../../../examples/guided-diffusion/diffusion/forward.ts";
import { inpaint, keepKnown } from "../../../../examples/guided-diffusion/diffusion/inpaint.ts";
import {
  clip,
  epsilon,
  fixedLarge,
  learned,
  learnedRange,
  type Prediction,
  predict,
  previousX,
  startX,
} from "../../../../examples/guided-diffusion/diffusion/prediction.ts";
import { respace } from "../../../../examples/guided-diffusion/diffusion/respace.ts";
import { predictBy, type Step, sample } from "../../../../examples/guided-diffusion/diffusion/sample.ts";
import { namedSchedule, type Schedule, type Tables } from "../../../../examples/guided-diffusion/diffusion/schedule.ts";
import { closedModel } from "../../../support/diffusion-reference.ts";
import { noiseFill } from "../../../support/fill.ts";
import { elementsOf } from "../../../support/tensors.ts";

type Pictures<B extends number> = [B, 1, 2, 2];
type Numbers = Tables<Tensor<[]>>;

/** Pictures that look random. */
const pictures = <B extends number>(seed: number, batch: B): Tensor<Pictures<B>> =>
  tensor(
    Array.from({ length: batch }, (_, b) => [[noiseFill(seed + 2 * b, 2), noiseFill(seed + 2 * b + 1, 2)]]),
  ) as unknown as Tensor<Pictures<B>>;

const schedule = respace(namedSchedule("linear", 1000), "10");
const order = descending(schedule);

const predictAt = <B extends number>(x: Tensor<Pictures<B>>, c: Numbers): Prediction<Pictures<B>> =>
  predictBy(closedModel<B, 2, 2>, { mean: epsilon, variance: learnedRange }, x, c);
const ddim =
  <B extends number>(eta: number): Step<Pictures<B>> =>
  (x, c, noise) =>
    ddimStep(predictAt(x, c), x, c, tensor(eta), noise);
const ddpm: Step<Pictures<2>> = (x, c, noise) => ddpmStep(predictAt(x, c), c, noise);

/** Noise for each of ten steps. */
const noises = <B extends number>(seed: number, batch: B): Tensor<[10, ...Pictures<B>]> =>
  tensor(
    Array.from({ length: 10 }, (_, i) =>
      Array.from({ length: batch }, (_, b) => [
        [noiseFill(seed + 100 * i + 2 * b, 2), noiseFill(seed + 100 * i + 2 * b + 1, 2)],
      ]),
    ),
  ) as unknown as Tensor<[10, ...Pictures<B>]>;

const run = <B extends number>(
  step: Step<Pictures<B>>,
  x: Tensor<Pictures<B>>,
  noise: Tensor<[10, ...Pictures<B>]>,
): Tensor<Pictures<B>> => sample(step, x, coefficientTable(schedule, order), noise as never);

const seeds = fc.nat(1e6);

describe("chains", () => {
  test("DDIM with η = 0 does not depend on the noise; with more it does", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const x = pictures(seed, 2);
        const [one, other] = [noises(seed + 7, 2), noises(seed + 8, 2)];
        expect(elementsOf(run(ddim(0), x, one))).toEqual(elementsOf(run(ddim(0), x, other)));
        expect(elementsOf(run(ddim(0.5), x, one))).not.toEqual(elementsOf(run(ddim(0.5), x, other)));
      }),
      { numRuns: 10 },
    );
  });

  test("the same noise gives the same pictures again", () => {
    const [x, noise] = [pictures(1, 2), noises(2, 2)];
    expect(elementsOf(run(ddpm, x, noise))).toEqual(elementsOf(run(ddpm, x, noise)));
  });

  test("each picture of a batch is as if it were alone", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(ddim<2>(0.7), ddpm), (seed, step) => {
        const [x, noise] = [pictures(seed, 2), noises(seed + 7, 2)];
        const swapped = run(
          step,
          concat([slice(x, 0, 1, 2), slice(x, 0, 0, 1)], 0),
          concat([slice(noise, 1, 1, 2), slice(noise, 1, 0, 1)], 1) as typeof noise,
        );
        const result = elementsOf(run(step, x, noise));
        expect(elementsOf(swapped)).toEqual([...result.slice(4), ...result.slice(0, 4)]);
        const other = concat([slice(x, 0, 0, 1), slice(pictures(seed + 99, 2), 0, 1, 2)], 0);
        expect(elementsOf(run(step, other, noise)).slice(0, 4)).toEqual(result.slice(0, 4));
      }),
      { numRuns: 10 },
    );
  });

  test("end at the x₀ that the last step heads for, within [−1, 1]", () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(ddim<2>(1), ddpm), (seed, step) => {
        const c = coefficientsAt(schedule, 0);
        const { x, xStart } = step(pictures(seed, 2), c, pictures(seed + 1, 2));
        expectClose(x, xStart, { absolute: 1e-6 });
        expect(Math.max(...elementsOf(xStart).map(Math.abs))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("DDIM is finite for η up to 1 at every step of every chain, in f32", () => {
    const chains = fc.record({
      name: fc.constantFrom("linear" as const, "cosine" as const),
      spacing: fc.constantFrom("2", "3", "ddim2", "ddim25", "50", "250", "1000"),
      part: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      eta: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      seed: seeds,
    });
    fc.assert(
      fc.property(chains, ({ name, spacing, part, eta, seed }) => {
        const chain = respace(namedSchedule(name, 1000), spacing);
        const c = coefficientsAt(chain, Math.floor(part * chain.steps));
        const { x } = ddim<2>(eta)(pictures(seed, 2), c, pictures(seed + 1, 2));
        expect(elementsOf(x).every(Number.isFinite)).toBe(true);
      }),
      { examples: [[{ name: "cosine", spacing: "2", part: 0.5, eta: 1, seed: 1 }]] },
    );
  });

  test("what is done to x₀ is done before the mean", () => {
    const x = pictures(3, 2);
    const c = coefficientsAt(schedule, 5);
    const half = predict(
      { mean: epsilon, variance: learnedRange },
      closedModel(x, tensor([500, 500])),
      x,
      c,
      (xStart) => clip(map(xStart, (xStart) => xStart / 2 + 3)),
    );
    expect(elementsOf(half.xStart)).toEqual(elementsOf(map(x, () => 1)));
    const expected = map(x, c.posteriorMeanXStart, c.posteriorMeanX, (x, a, b) => a + b * x);
    expectClose(half.mean, expected, { absolute: 1e-7 });
  });
});

describe("a chain for normal data, whose best prediction is known", () => {
  const spread = 0.5;
  /** E[x₀ | xₜ] for x₀ ∼ N(0, spread²). */
  const best = (x: Tensor<[1, 1, 1, 4]>, c: Numbers): Pick<Prediction<[1, 1, 1, 4]>, "xStart"> => ({
    xStart: map(
      x,
      c.sqrtAlphaBar,
      c.alphaBar,
      c.oneMinusAlphaBar,
      (x, signal, a, noise) => (signal * spread ** 2 * x) / (a * spread ** 2 + noise),
    ),
  });
  const stepsOf = (chain: Schedule, indices: readonly number[]): Numbers[] =>
    indices.map((i) => coefficientsAt(chain, i));

  /** Encodes and decodes by a number of steps. */
  const roundTrip = (start: Tensor<[1, 1, 1, 4]>, steps: number) => {
    const chain = respace(namedSchedule("linear", 1000), `${steps}`);
    const zero = tensor(0);
    // The last step up would reach ᾱ = 0, where nothing is left of x₀.
    const encoded = stepsOf(chain, ascending(chain).slice(0, -1)).reduce(
      (x, c) => ddimReverseStep(best(x, c), x, c).x,
      start,
    );
    const decoded = stepsOf(chain, descending(chain)).reduce((x, c) => ddimStep(best(x, c), x, c, zero, x).x, encoded);
    return { encoded, decoded };
  };

  test("encoding and decoding returns, with an error that falls with the number of steps", () =>
    inPrecision("f64", () => {
      const start = tensor([[[[0.9, -0.4, 0.1, -1]]]]) as Tensor<[1, 1, 1, 4]>;
      const errors = [10, 25, 50, 100, 250, 1000].map((steps) => {
        const decoded = elementsOf(roundTrip(start, steps).decoded);
        return Math.max(...elementsOf(start).map((value, i) => Math.abs(value - (decoded[i] as number))));
      });
      errors.slice(1).forEach((error, i) => {
        expect(error).toBeLessThan(errors[i] as number);
      });
      expect(errors[0]).toBeGreaterThan(0.01);
      expect(errors.at(-1)).toBeLessThan(0.02 * (errors[0] as number));
    }));

  test("the code of N(0, spread²) is standard normal: each number over its spread", () =>
    inPrecision("f64", () => {
      const start = tensor([[[[0.5, -0.25, 0.1, -1]]]]) as Tensor<[1, 1, 1, 4]>;
      const { encoded } = roundTrip(start, 1000);
      expectClose(encoded, [[[[1, -0.5, 0.2, -2]]]], { absolute: 0.02 });
    }));
});

describe("in-painting", () => {
  const known = pictures(50, 2);
  const maskOf = (bits: number): Tensor<[1, 1, 2, 2]> =>
    tensor([
      [
        [
          [bits & 1, (bits >> 1) & 1],
          [(bits >> 2) & 1, (bits >> 3) & 1],
        ],
      ],
    ] as const) as unknown as Tensor<[1, 1, 2, 2]>;
  const masks = fc.integer({ min: 0, max: 15 });
  const anyStep = fc.integer({ min: 0, max: 9 });
  const steppedOf = (seed: number): Stepped<Pictures<2>> => ({ x: pictures(seed, 2), xStart: pictures(seed + 9, 2) });

  test("a chain ends at the known picture where the mask is 1", () => {
    fc.assert(
      fc.property(masks, seeds, fc.constantFrom(ddim<2>(0), ddpm), (mask, seed, step) => {
        const result = elementsOf(run(inpaint(step, known, maskOf(mask)), pictures(seed, 2), noises(seed, 2)));
        const plain = elementsOf(run(step, pictures(seed, 2), noises(seed, 2)));
        elementsOf(known).forEach((value, i) => {
          if ((mask >> (i % 4)) & 1) expect(result[i]).toBe(value);
          else if (mask === 0) expect(result[i]).toBe(plain[i]);
        });
      }),
      { numRuns: 20 },
    );
  });

  test("by one mask and then another is by both", () => {
    fc.assert(
      fc.property(masks, masks, seeds, anyStep, (a, b, seed, t) => {
        const c = coefficientsAt(schedule, t);
        const noise = pictures(seed + 5, 2);
        const keep = (stepped: Stepped<Pictures<2>>, mask: number): Stepped<Pictures<2>> =>
          keepKnown(stepped, known, maskOf(mask), c, noise);
        const both = keep(steppedOf(seed), a | b);
        const apart = keep(keep(steppedOf(seed), a), b);
        expect(elementsOf(apart.x)).toEqual(elementsOf(both.x));
        expect(elementsOf(apart.xStart)).toEqual(elementsOf(both.xStart));
      }),
    );
  });

  test("the known places have the noise of the step that comes next", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 9 }), (seed, t) => {
        const noise = pictures(seed, 2);
        const kept = keepKnown(steppedOf(seed), known, maskOf(15), coefficientsAt(schedule, t), noise);
        expectClose(kept.x, addNoise(known, noise, coefficientsAt(schedule, t - 1)), { absolute: 1e-6 });
      }),
    );
  });
});

describe("what an output means", () => {
  const x = pictures(70, 2);
  const c = coefficientsAt(schedule, 4);

  test("ε, x₀ and xₜ₋₁ that belong together give the same prediction", () =>
    inPrecision("f64", () => {
      const xStart = pictures(71, 2);
      const noise = pictures(72, 2);
      const numbers = coefficientsAt(schedule, 4);
      const noisy = addNoise(xStart, noise, numbers);
      const keep = (xStart: Tensor<Pictures<2>>): Tensor<Pictures<2>> => xStart;
      const [byEps, byStart, byPrevious] = [epsilon, startX, previousX].map((mean) => {
        const output = mean.target(xStart, noisy, noise, numbers);
        return predict({ mean, variance: fixedLarge }, output, noisy, numbers, keep);
      });
      expectClose(byEps?.xStart, xStart, { absolute: 1e-10 });
      expectClose(byStart, byEps, { absolute: 1e-10 });
      expectClose(byPrevious, byEps, { absolute: 1e-10 });
    }));

  test("a range of v = −1 and 1 is from β̃ to β", () => {
    const bounds = (v: number): number[] =>
      elementsOf(
        learnedRange.variance(
          map(x, () => v),
          c,
        ).logVariance,
      );
    expectClose(bounds(-1), bounds(-1).fill(schedule.posteriorLogVariance[4] as number), { relative: 1e-6 });
    expectClose(bounds(1), bounds(1).fill(schedule.logBeta[4] as number), { relative: 1e-6 });
  });

  test("an output of the wrong number of channels is refused", () => {
    expect(() => predict({ mean: epsilon, variance: learned }, x, x, c)).toThrow(
      "the network gives 1 channels for an image of 1, and must give 2, since its variance is learned",
    );
    expect(() => predict({ mean: epsilon, variance: fixedLarge }, closedModel(x, tensor([500, 500])), x, c)).toThrow(
      "the network gives 2 channels for an image of 1, and must give 1, since its variance is fixed",
    );
  });
});
