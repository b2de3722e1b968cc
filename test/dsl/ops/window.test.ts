import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromElements, inPrecision } from "../../../dsl/evaluate.ts";
import { tensor } from "../../../dsl/host.ts";
import { type PadParams, padTo, sliceAxis, sliceTo } from "../../../dsl/ops/window.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { checkAdjoint } from "../../../dsl/testing/index.ts";
import { vjp } from "../../../dsl/transform.ts";
import { elementsOf } from "../../support/tensors.ts";

const row = (n: number): AnyTensor =>
  fromElements(
    { shape: [n], dtype: "f32" },
    Float32Array.from({ length: n }, (_, i) => i + 1),
  );
const along = (low: number, high: number, interior: number, value = 0): PadParams => ({
  low: [low],
  high: [high],
  interior: [interior],
  value,
});

describe("padTo", () => {
  test("puts values between neighbours", () => {
    expect(elementsOf(padTo(row(3), along(1, 2, 1, 9)))).toEqual([9, 1, 9, 2, 9, 3, 9, 9]);
    expect(elementsOf(padTo(row(1), along(0, 1, 4)))).toEqual([1, 0]);
    expect(elementsOf(padTo(row(0), along(1, 1, 4)))).toEqual([0, 0]);
  });

  test("crops after it has put them", () => {
    expect(elementsOf(padTo(row(3), along(-1, -2, 1, 9)))).toEqual([9, 2]);
    expect(elementsOf(padTo(row(3), along(-2, 1, 2, 9)))).toEqual([9, 2, 9, 9, 3, 9]);
  });

  test("is what its definition says", () => {
    const width = fc.integer({ min: -4, max: 4 });
    fc.assert(
      fc.property(fc.nat(4), width, width, fc.nat(3), (n, low, high, interior) => {
        const dilated = n + Math.max(0, n - 1) * interior;
        fc.pre(dilated + low + high >= 0);
        const expected = Array.from({ length: dilated + low + high }, (_, i) => {
          const at = (i - low) / (interior + 1);
          return Number.isInteger(at) && at >= 0 && at < n ? at + 1 : 7;
        });
        expect(elementsOf(padTo(row(n), along(low, high, interior, 7)))).toEqual(expected);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

test("slice and pad are adjoint, steps and gaps included", () => {
  const numbers = (count: number): fc.Arbitrary<number[]> =>
    fc.array(fc.nat(2), { minLength: count, maxLength: count });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), numbers(6), (n, m, w) => {
      const [a, b, c, d, gap, step] = w as [number, number, number, number, number, number];
      const x = fromElements(
        { shape: [n, m], dtype: "f32" },
        Float32Array.from({ length: n * m }, (_, i) => Math.sin(i + 1)),
      );
      const params = { low: [a, b], high: [c, d], interior: [gap, 0], value: 0.5 };
      checkAdjoint((x: AnyTensor) => padTo(x, params), [x]);
      const size = Math.ceil(n / (step + 1));
      checkAdjoint((x: AnyTensor) => sliceAxis(x, 0, 0, size, step + 1), [x]);
    }),
    { seed: 5, numRuns: 60 },
  );
});

test("what a slice leaves out gets no cotangent", () => {
  const slice = (x: AnyTensor): AnyTensor => sliceTo(x, { start: [1], size: [2], step: [3] });
  const [value, pullback] = inPrecision("f64", () => vjp(slice)(row(6)));
  expect(elementsOf(value)).toEqual([2, 5]);
  expect(elementsOf(pullback(tensor([10, 20])))).toEqual([0, 10, 0, 0, 20, 0]);
});
