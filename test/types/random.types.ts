/** What the types of `typegrad/random` say. */

import { type Tensor, unstack } from "../../dsl/index.ts";
import * as random from "../../dsl/random/index.ts";
import type { Shape } from "../../dsl/shape.ts";

export const key: Tensor<[2], "u32"> = random.key(42);
export const pair: Tensor<[2, 2], "u32"> = random.split(key);
export const [left, right] = unstack(random.split(key));
export const one: Tensor<[2], "u32"> = left;
export const ten: Tensor<[10, 2], "u32"> = random.split(right, 10);
export const grid: Tensor<[2, 3, 2], "u32"> = random.split(key, [2, 3]);
export const folded: Tensor<[2], "u32"> = random.foldIn(key, 3);
export const words: Tensor<[4, 5], "u32"> = random.bits(key, [4, 5]);
export const flat: Tensor<[4]> = random.uniform(key, [4], { low: -1 });
export const value: Tensor<[]> = random.normal(key, []);

export const noise = <B extends number, S extends Shape>(
  key: Tensor<[2], "u32">,
  batch: B,
  x: Tensor<S>,
  i: Tensor<[], "i32">,
): readonly [Tensor<[B, 3]>, Tensor<S>] => [
  random.normal(key, [batch, 3]),
  random.normal(random.foldIn(key, i), x.shape),
];
export const keys = <N extends number>(key: random.Key, count: N): Tensor<[N, 2], "u32"> => random.split(key, count);

// @ts-expect-error two keys are no key
export const two = random.normal(pair, [4]);
// @ts-expect-error a seed is no key
export const seed = random.normal(42, [4]);
// @ts-expect-error
export const wrongDims: Tensor<[5]> = random.normal(key, [4]);
// @ts-expect-error a float is no counter
export const float = random.foldIn(key, flat);

declare const logits: Tensor<[8, 10]>;
export const coins: Tensor<[4], "bool"> = random.bernoulli(key, [4], 0.25);
export const rows: Tensor<[8, 3], "bool"> = random.bernoulli(key, [8, 3], random.uniform(key, [8, 1]));
export const times: Tensor<[8], "i32"> = random.randint(key, [8], { high: 1000 });
export const order: Tensor<[60], "i32"> = random.permutation(key, 60);
export const classes: Tensor<[8], "i32"> = random.categorical(key, logits);
export const columns: Tensor<[10], "i32"> = random.categorical(key, logits, { axis: 0 });
export const several: Tensor<[5, 8], "i32"> = random.categorical(key, logits, { samples: [5] });
export const bounded: Tensor<[4]> = random.truncatedNormal(key, [4], { high: 0 });
export const extremes: Tensor<[4]> = random.gumbel(key, [4]);
export const waits: Tensor<[4]> = random.exponential(key, [4]);
export const steps = <B extends number>(key: random.Key, batch: B): Tensor<[B], "i32"> =>
  random.randint(key, [batch], { high: 1000 });

// @ts-expect-error no upper bound
export const unbounded = random.randint(key, [8], {});
// @ts-expect-error p does not broadcast into the shape
export const misfit = random.bernoulli(key, [8, 3], random.uniform(key, [3, 1]));
// @ts-expect-error no such axis
export const noAxis = random.categorical(key, logits, { axis: 2 });
