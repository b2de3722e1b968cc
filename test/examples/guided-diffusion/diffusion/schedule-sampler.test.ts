/** Weights of steps, and draws by them. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../../../dsl/testing/index.ts";
import {
  emptyHistory,
  lossSecondMomentWeights,
  recordLosses,
  sampleTimesteps,
  uniformWeights,
} from "../../../../examples/guided-diffusion/diffusion/schedule-sampler.ts";

describe("weights by the second moment of losses, 4 steps with 3 losses each", () => {
  const cold = recordLosses(
    emptyHistory(4, { length: 3, uniform: 0.1 }),
    [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3],
    [1, 2, 3, 0.5, 0.5, 0.5, 2, 0, 1, 4, 1],
  );
  const warm = recordLosses(cold, [3], [2]);

  test("are uniform until all steps have them", () => {
    expect([...lossSecondMomentWeights(cold)]).toEqual([1, 1, 1, 1]);
    expect([...lossSecondMomentWeights(emptyHistory(4))]).toEqual([1, 1, 1, 1]);
  });

  test("are those of the original then", () => {
    const weights = lossSecondMomentWeights(warm);
    expectClose(weights, [0.319713411086, 0.093212899914, 0.201124950242, 0.385948738758], { relative: 1e-11 });
    const { steps, importance } = sampleTimesteps(weights, [0, 0.32, 0.5, 0.999]);
    expect([...steps]).toEqual([0, 1, 2, 3]);
    expectClose(importance, [0.781950307154, 2.68203221046, 1.24300838707, 0.647754416311], { relative: 1e-11 });
  });

  test("go with later losses, and the state that was is as it was", () => {
    const before = lossSecondMomentWeights(warm);
    const weights = lossSecondMomentWeights(recordLosses(warm, [0, 2], [10, -3]));
    expectClose(weights, [0.522225664664, 0.0655083866768, 0.17291571434, 0.239350234319], { relative: 1e-11 });
    expect(lossSecondMomentWeights(warm)).toEqual(before);
  });

  test("refuse a step that there is none of", () => {
    expect(() => recordLosses(cold, [4], [1])).toThrow("step 4 of a history of 4 steps");
  });
});

describe("sampleTimesteps", () => {
  const weighted = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 10, noNaN: true })), {
    minLength: 1,
    maxLength: 20,
  });

  test("draws a step as often as its weight says, never one of weight 0", () => {
    fc.assert(
      fc.property(
        weighted.filter((weights) => weights.some((weight) => weight > 0)),
        (weights) => {
          const n = 10_000;
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const { steps } = sampleTimesteps(
            weights,
            Array.from({ length: n }, (_, i) => (i + 0.5) / n),
          );
          weights.forEach((weight, t) => {
            const count = steps.filter((step) => step === t).length;
            if (weight === 0) expect(count).toBe(0);
            expect(Math.abs(count - (n * weight) / total)).toBeLessThanOrEqual(1 + 1e-6);
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  test("weighs losses so that their mean is that of all steps", () => {
    const weights = [1, 5, 0.5, 3];
    const losses = [2, 7, 1, 4];
    const { steps, importance } = sampleTimesteps(
      weights,
      Array.from({ length: 9500 }, (_, i) => (i + 0.5) / 9500),
    );
    const mean = [...steps].reduce((sum, t, i) => sum + (losses[t] as number) * (importance[i] as number), 0) / 9500;
    expectClose(mean, 14 / 4, { relative: 1e-9 });
  });

  test("takes the last step for a number just below 1", () => {
    const below = 1 - 2 ** -53;
    expect([...sampleTimesteps(uniformWeights(10), [below]).steps]).toEqual([9]);
    expect([...sampleTimesteps([0.1, 0.1, 0.1, 0], [below]).steps]).toEqual([2]);
    expect([...sampleTimesteps(uniformWeights(10), [0]).importance]).toEqual([1]);
  });

  test.each([
    [[1, -1], [0.5], "the weight of step 1 is -1"],
    [[0, 0], [0.5], "the weights add up to 0"],
    [[], [0.5], "the weights add up to 0"],
    [[1], [1], "1 is not from 0 to 1"],
    [[1], [Number.NaN], "NaN is not from 0 to 1"],
  ])("refuses weights %j with %j", (weights, uniforms, text) => {
    expect(() => sampleTimesteps(weights, uniforms)).toThrow(text);
  });
});
