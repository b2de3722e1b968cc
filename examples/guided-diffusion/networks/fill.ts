/** Parameters of a network by a rule, equal on every machine: what its results are compared by where no weights are at hand. */

import type { ClassifierConfig, UNetConfig } from "./config.ts";
import { parameterShapes } from "./parameters.ts";

/** Two rounds of a mix of the bits of a 32-bit number. */
const hash = (n: number): number => {
  let bits = n >>> 0;
  for (let round = 0; round < 2; round++) bits = Math.imul(bits ^ (bits >>> 16), 0x045d9f3b) >>> 0;
  return (bits ^ (bits >>> 16)) >>> 0;
};

/** `count` numbers spread evenly over −½ to ½; other seeds, other numbers. */
export const spread = (seed: number, count: number): Float64Array => {
  const start = Math.imul(seed, 0x9e3779b1);
  return Float64Array.from({ length: count }, (_, i) => hash(i + start) / 2 ** 32 - 0.5);
};

/** As `spread`, with a mean square of 1. */
export const spreadNoise = (seed: number, count: number): Float64Array =>
  spread(seed, count).map((value) => value * 2 * Math.sqrt(3));

export interface Filled {
  readonly dtype: "f32";
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The k-th parameter of a network, of a size for which features neither grow nor vanish from layer to layer. */
export const fillParameter = (key: string, shape: readonly number[], k: number): Filled => {
  const count = shape.reduce((size, dim) => size * dim, 1);
  const [scale, offset] = rangeOf(key, shape, count);
  const values = spread(k + 1, count);
  return { dtype: "f32", shape, data: Float32Array.from(values, (value) => offset + scale * value) };
};

const rangeOf = (key: string, shape: readonly number[], count: number): readonly [scale: number, offset: number] => {
  if (key.endsWith("positional_embedding")) return [1, 0];
  if (key === "label_emb.weight") return [2, 0];
  if (shape.length > 1) return [Math.sqrt((12 * (shape[0] as number)) / count), 0];
  const isNorm = /(in_layers\.0|out_layers\.0|\.norm)\.weight$/.test(key) || key === "out.0.weight";
  return [0.2, isNorm ? 1 : 0];
};

/** All parameters of a network, in a checkpoint's order. */
export const fillParameters = (config: UNetConfig | ClassifierConfig): Readonly<Record<string, Filled>> =>
  Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([key, shape], k) => [key, fillParameter(key, shape, k)]),
  );
