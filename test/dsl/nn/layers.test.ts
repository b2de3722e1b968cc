/** Layers on every device: what they give, and their gradients, against what they give directly in f64. */

import { expect, test } from "vitest";
import { inPrecision, tensor, toHost } from "../../../dsl/index.ts";
import { key } from "../../../dsl/random/index.ts";
import type { AnyTensor } from "../../../dsl/tensor.ts";
import { noise } from "../../../dsl/testing/noise.ts";
import { openModules, tensorsIn } from "../../support/compiled.ts";
import { runEverywhere } from "../../support/everywhere.ts";

const modules = openModules({
  "layers.ts": `import { cos, grad, iota, mul, reshape, sum, type Tensor } from "typegrad";
import * as nn from "typegrad/nn";
import { key } from "typegrad/random";

type X = Tensor<[2, 3, 8]>;
interface Norm { readonly weight: Tensor<[8]>; readonly bias: Tensor<[8]> }
type Images = Tensor<[2, 3, 4, 5]>;
interface Statistics {
  readonly weight: Tensor<[3]>; readonly bias: Tensor<[3]>; readonly mean: Tensor<[3]>; readonly variance: Tensor<[3]>;
}
interface Linear { readonly weight: Tensor<[8, 8]>; readonly bias: Tensor<[8]> }
interface Heads { readonly query: Linear; readonly key: Linear; readonly value: Linear; readonly output: Linear }

/** Weighs every element with another number. */
const weighed = (x: Tensor) => sum(mul(x, reshape(cos(iota(x.shape.reduce((a, b) => a * b, 1), "f32")), x.shape)));

export const layerNorm = (p: Norm, x: X) => nn.layerNorm(p, x);
export const layerNormGradient = (p: Norm, x: X) =>
  grad(({ p, x }: { p: Norm; x: X }) => weighed(nn.layerNorm(p, x)))({ p, x });
export const batchNorm = (p: Statistics, x: Images) => nn.batchNorm(p, x, 1e-3);
export const batchNormGradient = (p: Statistics, x: Images) =>
  grad(({ p, x }: { p: Statistics; x: Images }) => weighed(nn.batchNorm(p, x)))({ p, x });
export const attention = (p: Heads, x: X, context: Tensor<[2, 5, 8]>) =>
  [nn.multiHeadAttention(p, x, 2), nn.multiHeadAttention(p, x, 4, context)];
export const attentionGradient = (p: Heads, x: X, context: Tensor<[2, 5, 8]>) =>
  grad(({ p, x, context }: { p: Heads; x: X; context: Tensor<[2, 5, 8]> }) =>
    weighed(nn.multiHeadAttention(p, x, 2, context)))({ p, x, context });
export const dropout = (key: Tensor<[2], "u32">, x: X) =>
  [nn.dropout(key, x, 0.25), grad((x: X) => weighed(nn.dropout(key, x, 0.25)))(x)];
export const timesteps = (t: Tensor<[4]>, i: Tensor<[3], "i32">) =>
  [nn.timestepEmbedding(t, 8), nn.timestepEmbedding(i, 7, 100), nn.timestepEmbedding(i, 1)];
export const losses = (x: Tensor<[4, 6]>, y: Tensor<[4], "i32">) => [
  nn.crossEntropy(x, y),
  nn.crossEntropy(x, y, { reduction: "none", smoothing: 0.1 }),
  grad((x: Tensor<[4, 6]>) => nn.crossEntropy(x, y, { reduction: "sum", smoothing: 0.2 }))(x),
  nn.mse(x, mul(x, x)),
  grad((x: Tensor<[4, 6]>) => nn.mse(x, mul(x, x)))(x),
];
`,
});

const draw = (seed: number, ...shape: readonly number[]): AnyTensor => {
  const next = noise(seed);
  const fill = ([dim, ...rest]: readonly number[]): unknown =>
    dim === undefined ? next() : Array.from({ length: dim }, () => fill(rest));
  return tensor(fill(shape) as number[]);
};
const linear = (seed: number) => ({ weight: draw(seed, 8, 8), bias: draw(seed + 1, 8) });
const norm = { weight: draw(1, 8), bias: draw(2, 8) };
const x = draw(3, 2, 3, 8);
const variance = tensor([0.5, 1, 2]);
const statistics = { weight: draw(4, 3), bias: draw(5, 3), mean: draw(6, 3), variance };
const heads = { query: linear(10), key: linear(20), value: linear(30), output: linear(40) };

const calls: readonly (readonly [name: string, ...args: unknown[]])[] = [
  ["layerNorm", norm, x],
  ["layerNormGradient", norm, x],
  ["batchNorm", statistics, draw(7, 2, 3, 4, 5)],
  ["batchNormGradient", statistics, draw(7, 2, 3, 4, 5)],
  ["attention", heads, x, draw(8, 2, 5, 8)],
  ["attentionGradient", heads, x, draw(8, 2, 5, 8)],
  ["dropout", key(3), x],
  ["timesteps", tensor([0, 1, 71.5, 999]), tensor([0, 3, 250], "i32")],
  ["losses", draw(9, 4, 6), tensor([0, 5, 2, 2], "i32")],
];

test.each(calls.map(([name, ...args]) => ({ name, args })))(
  "$name",
  async ({ name, args }) => {
    const exact = inPrecision("f64", () => tensorsIn(modules.run("layers.ts")[name]?.(...args)));
    for (const { where, results } of await runEverywhere(modules, "layers.ts", name, args)) {
      expect(results.length).toBe(exact.length);
      results.forEach((result, i) => {
        const due: number[] = Array.from(toHost(exact[i] as AnyTensor).data);
        const found: number[] = Array.from(toHost(result).data);
        expect(found.length).toBe(due.length);
        // In f32 an angle of 999 is known to 3e-5 alone.
        const allowed = name === "timesteps" ? 4e-5 : 2e-6 * Math.max(1, ...due.map(Math.abs));
        due.forEach((value, k) => {
          expect(Math.abs((found[k] as number) - value), `${where}, result ${i}, [${k}]`).toBeLessThan(allowed);
        });
      });
    }
  },
  60_000,
);
