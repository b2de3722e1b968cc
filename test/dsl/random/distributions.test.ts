/** Distributions beyond the numbers of JAX, with which `ops-goldens.test.ts` compares them on every device. */

import { describe, expect, test } from "vitest";
import { inPrecision, type Tensor, tensor, toHost } from "../../../dsl/index.ts";
import * as random from "../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";

const valuesOf = (x: AnyTensor): number[] => Array.from(toHost(x).data);

describe("what JAX's numbers do not show", () => {
  const key = random.key(11);
  const share = (values: readonly number[], wanted: (value: number) => boolean): number =>
    values.filter(wanted).length / values.length;

  test("p of bernoulli may be a tensor", () => {
    const p = tensor([[0], [0.25], [1]]);
    const values = valuesOf(random.bernoulli(key, [3, 4000], p));
    const rows = [0, 1, 2].map((row) => share(values.slice(4000 * row, 4000 * (row + 1)), (value) => value === 1));
    expect([rows[0], rows[2]]).toEqual([0, 1]);
    // Four standard errors.
    expect(Math.abs((rows[1] as number) - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 4000));
  });

  test("randint reaches both ends of i32", () => {
    const values = valuesOf(random.randint(key, [4000], { low: -(2 ** 31), high: 2 ** 31 }));
    expect(Math.min(...values)).toBeLessThan(-(2 ** 31) * 0.99);
    expect(Math.max(...values)).toBeGreaterThan(2 ** 31 * 0.99);
    expect(valuesOf(random.randint(key, [3], { low: 2 ** 31 - 1, high: 2 ** 31 }))).toEqual(
      [1, 1, 1].map((n) => n * (2 ** 31 - 1)),
    );
  });

  test("truncated numbers lie strictly between their bounds, however narrow", () => {
    for (const [low, high] of [
      [-2, 2],
      [1, 1.0001],
      [0, 1e-3],
      [-Infinity, 0],
      [6, 7],
    ] as const) {
      const values = valuesOf(random.truncatedNormal(key, [500], { low, high }));
      expect(share(values, (value) => value > Math.fround(low) && value < Math.fround(high))).toBe(1);
    }
  });

  test("categories along any axis come as often as softmax says", () => {
    const logits = tensor([[Math.log(0.1)], [Math.log(0.6)], [Math.log(0.3)]]);
    const drawn = random.categorical(key, logits, { axis: 0, samples: [5000] });
    expect(drawn.shape).toEqual([5000, 1]);
    [0.1, 0.6, 0.3].forEach((p, category) => {
      const found = share(valuesOf(drawn), (value) => value === category);
      expect(Math.abs(found - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 5000));
    });
  });

  test.each([0, 1, 2, 2000])("a permutation of %i numbers has each once", (n) => {
    const values = valuesOf(random.permutation(key, n));
    expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    if (n > 2) expect(values).not.toEqual([...values].sort((a, b) => a - b));
  });

  test("the numbers are the same in f64", () => {
    const draw = (): AnyTensor[] => [
      random.truncatedNormal(key, [9]),
      random.exponential(key, [9]),
      random.gumbel(key, [9]),
      random.bernoulli(key, [9], 0.3),
      random.randint(key, [9], { high: 5 }),
    ];
    const single = draw().map(valuesOf);
    expect(inPrecision("f64", draw).map(valuesOf)).toEqual(single);
  });
});

describe("refusals", () => {
  const key = random.key(0);

  test("of parameters out of range", () => {
    expect(() => random.bernoulli(key, [1], 1.5)).toThrow("random.bernoulli: p is 1.5, and must be from 0 to 1");
    expect(() => random.randint(key, [1], { high: 0 })).toThrow("random.randint: from 0 to 0, and must be two whole");
    expect(() => random.randint(key, [1], { low: 0.5, high: 2 })).toThrow("random.randint: from 0.5 to 2");
    expect(() => random.randint(key, [1], { high: 2 ** 31 + 1 })).toThrow("random.randint: from 0 to 2147483649");
    expect(() => random.truncatedNormal(key, [1], { low: 1, high: 1 })).toThrow("random.truncatedNormal: from 1 to 1");
    const count: number = 4097;
    expect(() => random.permutation(key, count)).toThrow("random.permutation: the number is 4097, and must be 4096 at");
    const whole = tensor([1, 2], "i32") as unknown as Tensor<[2]>;
    expect(() => random.categorical(key, whole)).toThrow(
      "random.categorical: the logits are i32[2], and must be of f32",
    );
    const axis: number = 1;
    expect(() => random.categorical(key, tensor([1, 2]), { axis })).toThrow(
      "random.categorical: 1 is not an axis of [2]",
    );
  });

  test("of keys and shapes, by the name of the function that was called", () => {
    const wrong = tensor([1, 2]) as unknown as random.Key;
    const shape: number[] = [-1];
    const calls: Readonly<Record<string, (key: random.Key, shape: number[]) => unknown>> = {
      truncatedNormal: (key, shape) => random.truncatedNormal(key, shape),
      bernoulli: (key, shape) => random.bernoulli(key, shape),
      randint: (key, shape) => random.randint(key, shape, { high: 3 }),
      exponential: (key, shape) => random.exponential(key, shape),
      gumbel: (key, shape) => random.gumbel(key, shape),
      categorical: (key, samples) => random.categorical(key, tensor([1, 2]), { samples }),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(() => call(wrong, [2])).toThrow(`random.${name}: the key is f32[2], and must be u32[2]`);
      expect(() => call(key, shape)).toThrow(`random.${name}: [-1] is not a shape`);
    }
    expect(() => random.permutation(wrong, 3)).toThrow("random.permutation: the key is f32[2], and must be u32[2]");
  });
});
