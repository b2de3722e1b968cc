/** Keys, bits and distributions against JAX's, and their statistics. */

import { describe, expect, test } from "vitest";
import { inPrecision, tensor, toHost, unstack } from "../../../dsl/index.ts";
import { erfInvSingle } from "../../../dsl/random/erf-inv.ts";
import * as random from "../../../dsl/random/index.ts";
import { threefry2x32 } from "../../../dsl/random/threefry.ts";
import type { AnyTensor, In } from "../../../dsl/tensor.ts";
import { readJson } from "../../support/goldens.ts";

type Nested = number | readonly Nested[];
interface Draws {
  readonly shape: readonly number[];
  readonly values: Nested;
  readonly bits: readonly string[];
}
interface Golden {
  readonly key_32bit_mode: readonly { readonly seed: string; readonly key: readonly number[] }[];
  readonly key_64bit_mode: readonly { readonly seed: string; readonly key: readonly number[] }[];
  readonly threefry2x32_block: readonly {
    readonly key: readonly [number, number];
    readonly counter: readonly (readonly [number, number])[];
    readonly out: readonly (readonly [number, number])[];
  }[];
  readonly per_seed: readonly {
    readonly seed: string;
    readonly split: Readonly<Record<string, Nested>>;
    readonly split_shape_2x3: Nested;
    readonly fold_in: readonly { readonly data: number; readonly key: readonly number[] }[];
    readonly bits32: readonly Omit<Draws, "bits">[];
    readonly uniform: readonly (Draws & { readonly low: number; readonly high: number })[];
    readonly normal: readonly Draws[];
  }[];
  readonly normal_large: {
    readonly shape: readonly [number];
    readonly sum: number;
    readonly sum_of_squares: number;
    readonly min: number;
    readonly max: number;
    readonly last: { readonly bits: readonly string[] };
  };
  readonly erf_inv_float32: { readonly x: readonly number[]; readonly bits: readonly string[] };
}

const golden = readJson<Golden>("random.json");

const valuesOf = (x: AnyTensor): number[] => Array.from(toHost(x).data);
const flat = (nested: Nested): number[] => ([nested] as readonly unknown[]).flat(Infinity) as number[];

/** The numbers whose f32 bits are given in hexadecimal. */
const fromBits = (bits: readonly string[]): number[] =>
  Array.from(new Float32Array(Uint32Array.from(bits, (text) => Number.parseInt(text, 16)).buffer));

/** Distance of two f32 numbers of one sign, in steps between neighbours. */
const ulps = (a: number, b: number): number => {
  const [i = 0, j = 0] = new Int32Array(Float32Array.of(a, b).buffer);
  return Math.abs(i - j);
};
const farthest = (actual: readonly number[], expected: readonly number[]): number => {
  expect(actual.length).toBe(expected.length);
  return Math.max(...actual.map((value, i) => ulps(value, expected[i] as number)));
};

test.each(golden.threefry2x32_block)("a block of Threefry under the key $key", ({ key, counter, out }) => {
  expect(counter.map(([c0, c1]) => threefry2x32(...key, c0, c1))).toEqual(out);
});

describe("key", () => {
  test.each(golden.key_32bit_mode)("of the number $seed is JAX's with 32-bit types", ({ seed, key }) => {
    expect(valuesOf(random.key(Number(seed)))).toEqual(key);
  });

  test.each(golden.key_64bit_mode)("of the bigint $seed is JAX's with 64-bit types", ({ seed, key }) => {
    expect(valuesOf(random.key(BigInt(seed)))).toEqual(key);
    if (Math.abs(Number(seed)) > 2 ** 32 && Number.isSafeInteger(Number(seed)))
      expect(valuesOf(random.key(Number(seed)))).toEqual(key);
  });

  test.each([0.5, Number.NaN, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n])("refuses %s", (seed) => {
    expect(() => random.key(seed)).toThrow(RangeError);
    expect(() => random.key(seed)).toThrow(`random.key: the seed is ${seed}, and must be a whole number`);
  });
});

describe.each(golden.per_seed)("under the seed $seed", ({ seed, split, split_shape_2x3, fold_in, ...draws }) => {
  const key = random.key(Number(seed));

  test("split is JAX's", () => {
    for (const [count, keys] of Object.entries(split)) {
      const parts = random.split(key, Number(count));
      expect(parts.shape).toEqual([Number(count), 2]);
      expect(valuesOf(parts)).toEqual(flat(keys));
    }
    expect(valuesOf(random.split(key))).toEqual(flat(split["2"] as Nested));
    const parts = random.split(key, [2, 3]);
    expect(parts.shape).toEqual([2, 3, 2]);
    expect(valuesOf(parts)).toEqual(flat(split_shape_2x3));
  });

  test("foldIn is JAX's, of numbers and of tensors", () => {
    for (const { data, key: folded } of fold_in) {
      expect(valuesOf(random.foldIn(key, data))).toEqual(folded);
      expect(valuesOf(random.foldIn(key, tensor(data, "u32")))).toEqual(folded);
      expect(valuesOf(random.foldIn(key, tensor(data | 0, "i32")))).toEqual(folded);
    }
  });

  test("bits are JAX's", () => {
    for (const { shape, values } of draws.bits32) {
      const bits = random.bits(key, shape);
      expect(bits.shape).toEqual(shape);
      expect(valuesOf(bits)).toEqual(flat(values));
    }
  });

  test("uniform is JAX's, bit for bit", () => {
    for (const { shape, low, high, bits } of draws.uniform) {
      const numbers = random.uniform(key, shape, { low, high });
      expect(numbers.shape).toEqual(shape);
      expect(farthest(valuesOf(numbers), fromBits(bits))).toBe(0);
    }
  });

  test("normal is JAX's, bit for bit", () => {
    for (const { shape, bits } of draws.normal) {
      const numbers = random.normal(key, shape);
      expect(numbers.shape).toEqual(shape);
      expect(farthest(valuesOf(numbers), fromBits(bits))).toBe(0);
    }
  });
});

test("erfInvSingle is XLA's within an ulp", () => {
  const { x, bits } = golden.erf_inv_float32;
  expect(farthest(x.map(erfInvSingle), fromBits(bits))).toBeLessThanOrEqual(1);
});

test("many normal numbers have JAX's moments and extremes, and those of the distribution", () => {
  const { shape, sum, sum_of_squares, min, max, last } = golden.normal_large;
  const values = valuesOf(random.normal(random.key(42), shape));
  const moment = (power: number): number => values.reduce((total, value) => total + value ** power, 0);
  expect(Math.abs(moment(1) - sum)).toBeLessThan(1e-4);
  expect(Math.abs(moment(2) - sum_of_squares)).toBeLessThan(1e-3);
  expect([Math.min(...values.slice(0, 50_000)), Math.min(...values.slice(50_000))]).toContain(min);
  expect(ulps(Math.max(Math.max(...values.slice(0, 50_000)), Math.max(...values.slice(50_000))), max)).toBeLessThan(3);
  expect(farthest(values.slice(-3), fromBits(last.bits))).toBeLessThanOrEqual(2);
  // Standard errors of the third and fourth moment: √15 and √96 over √n.
  const n = values.length;
  expect(Math.abs(moment(3) / n)).toBeLessThan(3 * Math.sqrt(15 / n));
  expect(Math.abs(moment(4) / n - 3)).toBeLessThan(3 * Math.sqrt(96 / n));
});

test("uniform numbers fill their interval evenly", () => {
  const n = 8000;
  const counts = new Array<number>(10).fill(0);
  for (const value of valuesOf(random.uniform(random.key(7), [n], { low: -3, high: 2 }))) {
    expect(value).toBeGreaterThanOrEqual(-3);
    expect(value).toBeLessThan(2);
    const bin = Math.floor((value + 3) * 2);
    counts[bin] = (counts[bin] as number) + 1;
  }
  // χ² with 9 degrees of freedom is above 21.7 once in a hundred.
  expect(counts.reduce((sum, count) => sum + (count - n / 10) ** 2 / (n / 10), 0)).toBeLessThan(21.7);
});

test("keys that were split or folded in give unrelated numbers", () => {
  const [a, b] = unstack(random.split(random.key(1)));
  const streams = [a, b, random.foldIn(a, 0), random.foldIn(a, 1)].map((key) => valuesOf(random.normal(key, [2000])));
  streams.forEach((x, i) => {
    for (const y of streams.slice(i + 1)) {
      const correlation = x.reduce((sum, value, k) => sum + value * (y[k] as number), 0) / x.length;
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(x.length));
    }
  });
});

test("the numbers are the same in f64", () => {
  const draw = (): AnyTensor[] => [
    random.uniform(random.key(3), [5], { low: 0.1, high: 0.7 }),
    random.normal(random.key(3), [5]),
    random.bits(random.key(3), [5]),
  ];
  const single = draw().map(valuesOf);
  const double = inPrecision("f64", draw);
  expect(double.map(({ shape }) => shape)).toEqual([[5], [5], [5]]);
  expect(double.map(valuesOf)).toEqual(single);
});

test("no elements", () => {
  expect(toHost(random.normal(random.key(0), [2, 0])).data.length).toBe(0);
  expect(random.split(random.key(0), [0]).shape).toEqual([0, 2]);
});

describe("refusals", () => {
  const key = random.key(0);
  const unknown = <T>(value: unknown): T => value as T;

  test.each([
    ["f32[2]", tensor([1, 2])],
    ["u32[3]", tensor([1, 2, 3], "u32")],
    ["number", 42],
  ])("of %s as a key", (given, wrong) => {
    const text = `the key is ${given}, and must be u32[2]`;
    expect(() => random.bits(unknown(wrong), [1])).toThrow(`random.bits: ${text}`);
    expect(() => random.uniform(unknown(wrong), [1])).toThrow(`random.uniform: ${text}`);
    expect(() => random.normal(unknown(wrong), [1])).toThrow(`random.normal: ${text}`);
    expect(() => random.split(unknown(wrong))).toThrow(`random.split: ${text}`);
    expect(() => random.foldIn(unknown(wrong), 1)).toThrow(`random.foldIn: ${text}`);
  });

  test("of shapes and counts", () => {
    const shape: number[] = [2, -1];
    expect(() => random.normal(key, shape)).toThrow("random.normal: [2, -1] is not a shape");
    expect(() => random.split(key, shape)).toThrow("random.split: [2, -1] is not a shape");
    const count: number = 0;
    expect(() => random.split(key, count)).toThrow(
      "random.split: the count is 0, and must be a whole number from 1 up",
    );
  });

  test("of what is folded in", () => {
    expect(() => random.foldIn(key, 0.5)).toThrow("random.foldIn: 0.5 is no whole number of 32 bits");
    expect(() => random.foldIn(key, 2 ** 32)).toThrow("random.foldIn: 4294967296 is no whole number of 32 bits");
    const wrong = unknown<In<[], "i32">>(tensor(1));
    expect(() => random.foldIn(key, wrong)).toThrow(
      "random.foldIn: the data is f32[], and must be a number, i32[] or u32[]",
    );
  });

  test.each([
    [1, 0],
    [0, Number.NaN],
    [0, 1e39],
    [Number.NEGATIVE_INFINITY, 0],
  ])("of bounds from %d to %d", (low, high) => {
    expect(() => random.uniform(key, [1], { low, high })).toThrow(RangeError);
  });
});
