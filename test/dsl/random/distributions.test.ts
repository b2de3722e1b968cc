/** Every distribution under every seed against JAX's, run directly and compiled: cases by name. */

import { describe, expect, test } from "vitest";
import { inPrecision, type Tensor, tensor, toHost } from "../../../dsl/index.ts";
import * as random from "../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { openModules } from "../../support/compiled.ts";
import { runEverywhere } from "../../support/everywhere.ts";
import { readJson } from "../../support/goldens.ts";

type Nested = number | readonly Nested[];
interface Draws {
  readonly shape: readonly number[];
  readonly values: Nested;
  readonly bits: readonly string[];
}
type Whole = Omit<Draws, "bits">;
interface Seed {
  readonly seed: string;
  readonly split: Readonly<Record<string, Nested>>;
  readonly split_shape_2x3: Nested;
  readonly fold_in: readonly { readonly data: number; readonly key: readonly number[] }[];
  readonly bits32: readonly Whole[];
  readonly uniform: readonly (Draws & { readonly low: number; readonly high: number })[];
  readonly normal: readonly Draws[];
  readonly randint: readonly (Whole & { readonly low: number; readonly high: number })[];
  readonly bernoulli: readonly (Whole & { readonly p: number })[];
  readonly gumbel: Draws;
  readonly categorical: {
    readonly logits: Nested;
    readonly shape: readonly [number, number];
    readonly values: Nested;
    readonly default_shape: Nested;
  };
  readonly permutation: readonly { readonly n: number; readonly values: readonly number[] }[];
  readonly exponential: Draws;
  readonly truncated_normal: Draws & { readonly lower: number; readonly upper: number };
}

const seeds = readJson<{ readonly per_seed: readonly Seed[] }>("random.json").per_seed;

/** A case: a call of `random` in a program of a key, and what JAX gives for it. */
interface Case {
  readonly name: string;
  readonly call: string;
  readonly shape: readonly number[];
  readonly due: readonly number[];
  /** What a float may differ by, relative to itself; whole numbers, bits and uniform numbers are equal. */
  readonly relative?: number;
  /** Near 0 the logarithm of a logarithm keeps what the inner one is off by. */
  readonly absolute?: number;
  /** On a device that rounds a product before it is added to, and so loses a bit of the larger. */
  readonly unfused?: number;
}

const flat = (nested: Nested): number[] => ([nested] as readonly unknown[]).flat(Infinity) as number[];
const fromBits = (bits: readonly string[]): number[] =>
  Array.from(new Float32Array(Uint32Array.from(bits, (text) => Number.parseInt(text, 16)).buffer));
const text = JSON.stringify;

const floats = (
  name: string,
  { shape, bits }: Draws,
  options: string,
  tolerance: Pick<Case, "relative" | "absolute" | "unfused"> = { relative: 2e-6 },
): Case => ({
  name,
  call: `random.${name}(key, ${text(shape)}${options})`,
  shape,
  due: fromBits(bits),
  ...tolerance,
});
const whole = (name: string, { shape, values }: Whole, options: string): Case => ({
  name,
  call: `random.${name}(key, ${text(shape)}${options})`,
  shape,
  due: flat(values),
});

const casesOf = (seed: Seed): readonly Case[] => [
  ...Object.entries(seed.split).map(([count, values]) => ({
    name: "split",
    call: `random.split(key, ${count})`,
    shape: [Number(count), 2],
    due: flat(values),
  })),
  { name: "split", call: "random.split(key, [2, 3])", shape: [2, 3, 2], due: flat(seed.split_shape_2x3) },
  ...seed.fold_in.map(({ data, key }) => ({
    name: "foldIn",
    call: `random.foldIn(key, ${data})`,
    shape: [2],
    due: key,
  })),
  ...seed.bits32.map((draws) => whole("bits", draws, "")),
  ...seed.uniform.map((draws) =>
    floats("uniform", draws, `, { low: ${draws.low}, high: ${draws.high} }`, {
      unfused: 2 ** -23 * Math.max(Math.abs(draws.low), Math.abs(draws.high)),
    }),
  ),
  ...seed.normal.map((draws) => floats("normal", draws, "")),
  ...seed.randint.map((draws) => whole("randint", draws, `, { low: ${draws.low}, high: ${draws.high} }`)),
  ...seed.bernoulli.map((draws) => whole("bernoulli", draws, `, ${draws.p}`)),
  floats("gumbel", seed.gumbel, "", { relative: 2e-6, absolute: 2e-7 }),
  floats("exponential", seed.exponential, ""),
  floats(
    "truncatedNormal",
    seed.truncated_normal,
    `, { low: ${seed.truncated_normal.lower}, high: ${seed.truncated_normal.upper} }`,
  ),
  {
    name: "categorical",
    call: `random.categorical(key, tensor(${text(seed.categorical.logits)}))`,
    shape: [2],
    due: flat(seed.categorical.default_shape),
  },
  {
    name: "categorical",
    call: `random.categorical(key, tensor(${text(seed.categorical.logits)}), { samples: [5] })`,
    shape: [5, 2],
    due: flat(seed.categorical.values),
  },
  ...seed.permutation.map(({ n, values }) => ({
    name: "permutation",
    call: `random.permutation(key, ${n})`,
    shape: [n],
    due: values,
  })),
];

const run = async (seed: Seed) => {
  const cases = casesOf(seed);
  const calls = cases.map(({ call }) => call).join(",\n  ");
  const modules = openModules({
    "draws.ts": `import { tensor, type Tensor } from "typegrad";
import * as random from "typegrad/random";
export const draws = (key: Tensor<[2], "u32">) => [
  ${calls},
];
`,
  });
  return runEverywhere(modules, "draws.ts", "draws", [random.key(Number(seed.seed))]);
};

const valuesOf = (x: AnyTensor): number[] => Array.from(toHost(x).data);

/** The distributions whose entries the golden data has; 8 and 16 random bits an element are of dtypes that tensors do not have. */
const names = [
  "bernoulli",
  "bits",
  "categorical",
  "exponential",
  "foldIn",
  "gumbel",
  "normal",
  "permutation",
  "randint",
];

test("the cases are of every function that draws", () => {
  for (const seed of seeds)
    expect([...new Set(casesOf(seed).map(({ name }) => name))].sort()).toEqual([
      ...names,
      "split",
      "truncatedNormal",
      "uniform",
    ]);
});

describe.each(seeds.map((seed) => [seed.seed, seed] as const))("under the seed %s, wherever it is drawn", (_, seed) => {
  const runs = run(seed);
  runs.catch(() => undefined);

  test.each(casesOf(seed).map((one, i) => [one.call, i, one] as const))(
    "%s is JAX's",
    async (_, i, { name, due, shape, relative = 0, absolute = 0, unfused = 0 }) => {
      for (const { where, results } of await runs) {
        const result = results[i] as AnyTensor;
        expect([where, result.shape]).toEqual([where, shape]);
        valuesOf(result).forEach((value, k) => {
          const wanted = due[k] as number;
          expect(Math.abs(value - wanted), `${name}[${k}] = ${value} and not ${wanted}, ${where}`).toBeLessThanOrEqual(
            Math.max(relative * Math.abs(wanted), absolute, /^w/.test(where) ? unfused : 0),
          );
        });
      }
    },
    60_000,
  );
});

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
