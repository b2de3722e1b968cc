/** Gradients of parameters beside those that are stored: whole, or as two numbers each. */

import type { Tensor } from "typegrad";
import { spreadNoise } from "../networks/fill.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { numbersOf } from "./compare.ts";
import type { GoldenDevice } from "./device.ts";
import { type Finding, failed } from "./row.ts";

/** [L2 norm, Σ gradient × noise(N + k)] of the k-th parameter, by its key. */
export type Sums = Readonly<Record<string, readonly [norm: number, dot: number]>>;

export interface StoredSums {
  readonly float32: Sums;
  readonly float64: Sums;
}

/** N, from "[L2 norm, sum of gradient times noise(50000 + k)]". */
export const noiseSeedOf = (text: string): number => Number(/noise\((\d+) \+ k\)/.exec(text)?.[1] ?? Number.NaN);

const sumsOf = (gradient: Tensor, seed: number): readonly [norm: number, dot: number] => {
  const numbers = numbersOf(gradient);
  const noise = spreadNoise(seed, numbers.length);
  let [squares, dot] = [0, 0];
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i] as number;
    squares += value * value;
    dot += value * (noise[i] as number);
  }
  return [Math.sqrt(squares), dot];
};

/**
 * Compares norm and sum of each gradient with those in f64, in units of the norm: noise has a mean square of 1, so an error of
 * a share e of the norm moves the sum by about as much. `share` is what the original's f32 is off, at most.
 */
export function* compareSums(
  device: GoldenDevice,
  prefix: string,
  found: Parameters,
  stored: StoredSums,
  seed: number,
  share: number,
): Generator<Finding> {
  const largest = Math.max(...Object.values(stored.float64).map(([norm]) => norm));
  const allowed = Math.max(10 * share, device.isLoose ? 2e-4 : 1e-6);
  for (const [k, key] of Object.keys(stored.float64).entries()) {
    const gradient = found[key];
    const [norm, dot] = stored.float64[key] as readonly [number, number];
    const [norm32, dot32] = stored.float32[key] as readonly [number, number];
    if (gradient === undefined) {
      yield failed(`${prefix}${key}`, "there is no such parameter");
      continue;
    }
    const [ours, ourDot] = sumsOf(gradient, seed + k);
    // Where the exact gradient is zero, rounding noise is all there is: of the size of the whole gradient's.
    const rounding = 10 * Math.max(Math.abs(norm32 - norm), Math.abs(dot32 - dot));
    const isZero = norm < 1e-9 * largest;
    const bound = isZero ? 10 * rounding + 1e-6 * largest : Math.max(rounding, allowed * norm);
    const absolute = Math.max(Math.abs(ours - norm), Math.abs(ourDot - dot));
    yield {
      quantity: `${prefix}${key} [norm, dot]`,
      absolute,
      relative: absolute / norm,
      tolerance: bound.toExponential(1),
      verdict: absolute <= bound ? "pass" : "FAIL",
    };
  }
}
