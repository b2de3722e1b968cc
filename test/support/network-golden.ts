/** Small networks of the original, their inputs, results and gradients (`goldens/*.json`), and how ours are compared with them. */

import { fileURLToPath } from "node:url";
import type { AnyTensor } from "../../dsl/tensor.ts";
import { openFolder } from "../../examples/guided-diffusion/goldens/folder.ts";
import {
  type Config,
  type NetworkDescription,
  openNetwork,
  storedOf,
} from "../../examples/guided-diffusion/goldens/network-case.ts";
import { boundOf, type StoredError } from "../../examples/guided-diffusion/goldens/tolerance.ts";
import type { Parameters } from "../../examples/guided-diffusion/networks/parameter-types.ts";
import { elements } from "./evaluator-probes.ts";

export interface Golden<C = Config> {
  readonly name: string;
  readonly config: C;
  readonly parameters: Parameters;
  readonly description: NetworkDescription;
  /** A tensor of the golden file; indices are i32. */
  readonly at: (name: string) => AnyTensor;
  /** How far a result of this name may be off on a processor: ten times what the original's f32 is from its f64. */
  readonly tolerance: (name: string) => number;
  /** The largest magnitude of a result. */
  readonly scale: (name: string) => number;
}

const goldens = await openFolder(fileURLToPath(new URL("../goldens", import.meta.url)));

export const openGolden = async <C extends Config = Config>(name: string): Promise<Golden<C>> => {
  const { description, config, params } = await openNetwork<C>(goldens, name);
  const { at } = await storedOf(goldens, name, description);
  const errorOf = (key: string): StoredError => {
    const error = description.errors[key];
    if (error === undefined) throw new Error(`${name} says no error of ${key}`);
    return error;
  };
  const tolerance = (key: string): number => boundOf({ isLoose: false }, errorOf(key));
  const scale = (key: string): number => errorOf(key).max_abs;
  return { name, config, parameters: params, description, at, tolerance, scale };
};

/**
 * Entries of a parameter that have no effect, and so no gradient: a constant added to a channel before a norm with one
 * channel a group, and one added to all keys of a softmax, where the projection has the new order. What the original stored
 * there is rounding noise.
 */
const withoutEffect = (parameters: Parameters, key: string): readonly [from: number, to: number] => {
  const size = parameters[key]?.shape[0];
  const blocks = Object.keys(parameters).map((name) => Number(/^output_blocks\.(\d+)/.exec(name)?.[1] ?? 0));
  const last = `output_blocks.${Math.max(...blocks)}.0`;
  const beforeNorm =
    key.endsWith(".in_layers.2.bias") || key === `${last}.out_layers.3.bias` || key === `${last}.skip_connection.bias`;
  if (beforeNorm && size === 32) return [0, size];
  if (/\.qkv(_proj)?\.bias$/.test(key)) return [size / 3, (size / 3) * 2];
  return [0, 0];
};

/** What a gradient of a parameter has in excess of what is allowed: each number over its bound is at most 1. */
export const gradientErrors = (
  parameters: Parameters,
  key: string,
  found: AnyTensor,
  expected: AnyTensor,
): { readonly zeros: number; readonly others: number } => {
  const [from, to] = withoutEffect(parameters, key);
  const [values, due] = [elements(found), elements(expected)];
  let [zeros, others, scale] = [0, 0, 0];
  for (let i = 0; i < due.length; i++) {
    const [value, wanted] = [values[i] as number, due[i] as number];
    if (i >= from && i < to) {
      zeros = Math.max(zeros, Math.abs(value));
    } else {
      others = Math.max(others, Math.abs(value - wanted));
      scale = Math.max(scale, Math.abs(wanted));
    }
  }
  return { zeros: zeros / 1e-4, others: scale === 0 ? others : others / (1e-3 * scale) };
};

/** The parameters whose gradients are off, and by how much. */
export const wrongGradients = (
  golden: Golden,
  gradients: Readonly<Record<string, AnyTensor>>,
): readonly { readonly key: string; readonly zeros: number; readonly others: number }[] =>
  Object.entries(gradients)
    .map(([key, found]) => ({
      key,
      ...gradientErrors(golden.parameters, key, found, golden.at(`grad.param.${key}`)),
    }))
    .filter(({ zeros, others }) => !(zeros < 1 && others < 1));
