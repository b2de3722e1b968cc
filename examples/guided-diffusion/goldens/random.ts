/** Keys, bits and distributions beside JAX's. */

import { fileURLToPath } from "node:url";
import type { Tensor } from "typegrad";
import * as random from "typegrad/random";
import { type Numbers, numbersOf, relativelyWithin, same, within } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import type { Folder } from "./folder.ts";
import { type Draw, draws } from "./random-programs.ts";
import { type Finding, failed, type GoldenCase } from "./row.ts";

const source = fileURLToPath(new URL("random-programs.ts", import.meta.url));

type Nested = number | readonly Nested[];
interface Values {
  readonly shape: readonly number[];
  readonly values: Nested;
}
/** Floats, by the hexadecimal digits of their bits too. */
interface Floats extends Values {
  readonly bits: readonly string[];
}
interface Between {
  readonly low: number;
  readonly high: number;
}
interface Seed {
  readonly seed: string;
  readonly key: readonly number[];
  readonly split: Readonly<Record<string, Nested>>;
  readonly split_shape_2x3: Nested;
  readonly fold_in: readonly { readonly data: number; readonly key: readonly number[] }[];
  readonly bits32: readonly Values[];
  readonly uniform: readonly (Floats & Between)[];
  readonly normal: readonly Floats[];
  readonly randint: readonly (Values & Between)[];
  readonly bernoulli: readonly (Values & { readonly p: number })[];
  readonly gumbel: Floats;
  readonly exponential: Floats;
  readonly truncated_normal: Floats & { readonly lower: number; readonly upper: number };
  readonly categorical: {
    readonly logits: readonly (readonly number[])[];
    readonly shape: readonly number[];
    readonly values: Nested;
    readonly default_shape: Nested;
  };
  readonly permutation: readonly { readonly n: number; readonly values: Nested }[];
}
interface Golden {
  readonly key_32bit_mode: readonly { readonly seed: string; readonly key: readonly number[] }[];
  readonly key_64bit_mode: readonly { readonly seed: string; readonly key: readonly number[] }[];
  readonly per_seed: readonly Seed[];
  readonly normal_large: {
    readonly seed: string;
    readonly shape: readonly number[];
    readonly sum: number;
    readonly sum_of_squares: number;
    readonly min: number;
    readonly max: number;
    readonly last: Floats;
  };
}

export async function* randomCases(folder: Folder, device: GoldenDevice): AsyncGenerator<GoldenCase> {
  if (!folder.has("random.json")) return;
  const golden = await folder.json<Golden>("random.json");
  yield { name: "random/keys", run: () => keyFindings(golden) };
  for (const seed of golden.per_seed) yield { name: `random/seed ${seed.seed}`, run: () => drawFindings(device, seed) };
  yield { name: "random/normal_large", run: () => largeFindings(device, golden.normal_large) };
}

const flat = (nested: Nested): number[] => ([nested] as readonly unknown[]).flat(Infinity) as number[];
const ofBits = (bits: readonly string[]): Numbers =>
  new Float32Array(Uint32Array.from(bits, (text) => Number.parseInt(text, 16)).buffer);

function* keyFindings(golden: Golden): Generator<Finding> {
  for (const { seed, key } of golden.key_32bit_mode)
    yield within(`key(${seed})`, numbersOf(random.key(Number(seed)) as unknown as Tensor), key, 0);
  for (const { seed, key } of golden.key_64bit_mode)
    yield within(`key(${seed}n)`, numbersOf(random.key(BigInt(seed)) as unknown as Tensor), key, 0);
}

/** A draw, what JAX gives for it, and how far a float may be off: by a share of itself, or absolutely. */
interface Due {
  readonly draw: Draw;
  readonly shape: readonly number[];
  readonly expected: Numbers;
  readonly share?: number;
  readonly bound?: number;
}

const shapeOf = (nested: Nested): readonly number[] =>
  typeof nested === "number" ? [] : [nested.length, ...shapeOf(nested[0] as Nested)];

const whole = (draw: Draw, values: Nested): Due => ({ draw, shape: shapeOf(values), expected: flat(values) });

/** Where the logarithm or erfInv of a uniform number is taken. */
const close = (draw: Draw, { shape, bits }: Floats, bound = 0): Due => ({
  draw,
  shape,
  expected: ofBits(bits),
  share: 2e-6,
  bound,
});

const duesOf = (seed: Seed, { isSingle }: GoldenDevice): readonly Due[] => [
  ...Object.entries(seed.split).map(([count, keys]) => whole({ kind: "split", shape: Number(count) }, keys)),
  whole({ kind: "split", shape: [2, 3] }, seed.split_shape_2x3),
  ...seed.fold_in.map(({ data, key }) => whole({ kind: "foldIn", data }, key)),
  ...seed.bits32.map(({ shape, values }) => whole({ kind: "bits", shape }, values)),
  ...seed.uniform.map(
    ({ shape, low, high, bits }): Due => ({
      draw: { kind: "uniform", shape, low, high },
      shape,
      expected: ofBits(bits),
      // Without a fused multiplication and addition the product is rounded first.
      bound: isSingle ? 2 ** -23 * Math.max(Math.abs(low), Math.abs(high)) : 0,
    }),
  ),
  ...seed.normal.map((floats) => close({ kind: "normal", shape: floats.shape }, floats)),
  ...seed.randint.map(({ shape, low, high, values }) => whole({ kind: "randint", shape, low, high }, values)),
  ...seed.bernoulli.map(({ shape, p, values }) => whole({ kind: "bernoulli", shape, p }, values)),
  // Near 0 the logarithm of a logarithm keeps what the inner one is off by.
  close({ kind: "gumbel", shape: seed.gumbel.shape }, seed.gumbel, 2e-7),
  close({ kind: "exponential", shape: seed.exponential.shape }, seed.exponential),
  close(
    {
      kind: "truncatedNormal",
      shape: seed.truncated_normal.shape,
      low: seed.truncated_normal.lower,
      high: seed.truncated_normal.upper,
    },
    seed.truncated_normal,
  ),
  whole(
    { kind: "categorical", logits: seed.categorical.logits, samples: seed.categorical.shape.slice(0, -1) },
    seed.categorical.values,
  ),
  whole({ kind: "categorical", logits: seed.categorical.logits, samples: [] }, seed.categorical.default_shape),
  ...seed.permutation.map(({ n, values }) => whole({ kind: "permutation", n }, values)),
];

const quantityOf = ({ kind, ...rest }: Draw): string => `${kind} ${JSON.stringify(rest)}`.slice(0, 52);

async function* drawFindings(device: GoldenDevice, seed: Seed): AsyncGenerator<Finding> {
  const dues = duesOf(seed, device);
  const inputs = { key: random.key(Number(seed.seed)) };
  const run = await device.prepare(draws, source, { draws: dues.map(({ draw }) => draw) }, inputs);
  const found = await run(inputs);
  for (const [i, { draw, shape, expected, share, bound = 0 }] of dues.entries()) {
    const drawn = found[i] as Tensor;
    const numbers = numbersOf(drawn);
    if (drawn.shape.join() !== shape.join())
      yield failed(quantityOf(draw), `of shape [${drawn.shape}], and [${shape}] is stored`);
    else
      yield share === undefined
        ? within(quantityOf(draw), numbers, expected, bound)
        : relativelyWithin(quantityOf(draw), numbers, expected, share, bound);
  }
}

/** Many numbers, by what is left of them: sums of as many rounding errors. */
async function* largeFindings(device: GoldenDevice, due: Golden["normal_large"]): AsyncGenerator<Finding> {
  const inputs = { key: random.key(Number(due.seed)) };
  const settings = { draws: [{ kind: "normal", shape: due.shape }] as readonly Draw[] };
  const run = await device.prepare(draws, source, settings, inputs);
  const numbers = Array.from(numbersOf((await run(inputs))[0] as Tensor));
  yield same("count", numbers.length, due.shape[0]);
  const sum = numbers.reduce((total, x) => total + x, 0);
  const squares = numbers.reduce((total, x) => total + x * x, 0);
  yield within("sum", [sum], [due.sum], 2e-6 * Math.sqrt(numbers.length));
  yield relativelyWithin("sum of squares", [squares], [due.sum_of_squares], 2e-6);
  const ends = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  yield relativelyWithin("least and largest", ends, [due.min, due.max], 2e-6);
  const last = ofBits(due.last.bits);
  yield relativelyWithin("last", numbers.slice(-last.length), last, 2e-6);
}
