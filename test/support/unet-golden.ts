/** `goldens/unet-a`: a small UNet of the original, its inputs, output and gradients, and how ours are compared with them. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Spec } from "../../compiler/frontend/entry.ts";
import { readProgram } from "../../compiler/frontend/read.ts";
import { openSources } from "../../compiler/frontend/source.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { bytesSource } from "../../dsl/bytes.ts";
import { tensor, toHost } from "../../dsl/index.ts";
import { readSafetensors } from "../../dsl/safetensors.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { Checkpoint, UNetConfig } from "../programs/unet.ts";
import { specOf } from "./compiled.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../goldens/${name}`, import.meta.url));

/** The original's configuration, as ours. */
export const configuration = (): UNetConfig => {
  const { config } = JSON.parse(readFileSync(golden("unet-a.json"), "utf8"));
  return {
    modelChannels: config.model_channels,
    widths: config.channel_mult.map((factor: number) => factor * config.model_channels),
    blocksPerLevel: config.num_res_blocks,
    attentionFactors: config.attention_resolutions,
    headChannels: config.num_head_channels,
  };
};

/** The tensors of a file of goldens. */
export const load = async (name: string): Promise<Checkpoint & Readonly<Record<string, AnyTensor>>> => {
  const { entries, read } = await readSafetensors(bytesSource(readFileSync(golden(name)), name));
  const tensors: Record<string, AnyTensor> = {};
  for (const key of entries.keys()) tensors[key] = tensor(await read(key));
  return tensors;
};

export const elements = (x: AnyTensor): number[] => Array.from(toHost(x).data as Float32Array);
export const difference = (a: AnyTensor, b: AnyTensor): number[] => {
  const other = elements(b);
  return elements(a).map((value, i) => value - (other[i] as number));
};
export const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

const groups = 32;

/**
 * Entries of a parameter that have no effect, and so no gradient: a constant added to a channel before a norm with one
 * channel a group, and one added to all keys of a softmax. What the original stored there is rounding noise.
 */
const withoutEffect = (parameters: Checkpoint, key: string): readonly [from: number, to: number] => {
  const size = parameters[key]?.shape[0];
  const blocks = Object.keys(parameters).map((name) => Number(/^output_blocks\.(\d+)/.exec(name)?.[1] ?? 0));
  const last = `output_blocks.${Math.max(...blocks)}.0`;
  const beforeNorm =
    key.endsWith(".in_layers.2.bias") || key === `${last}.out_layers.3.bias` || key === `${last}.skip_connection.bias`;
  if (beforeNorm && size === groups) return [0, size];
  if (key.endsWith(".qkv.bias")) return [size / 3, (size / 3) * 2];
  return [0, 0];
};

/** What a gradient of a parameter has in excess of what is allowed: each number over its bound is at most 1. */
export const gradientErrors = (
  parameters: Checkpoint,
  key: string,
  found: readonly number[],
  expected: readonly number[],
): { readonly zeros: number; readonly others: number } => {
  const [from, to] = withoutEffect(parameters, key);
  const isZero = (i: number): boolean => i >= from && i < to;
  const scale = largest(expected.filter((_, i) => !isZero(i)));
  const others = found.flatMap((value, i) => (isZero(i) ? [] : [value - (expected[i] as number)]));
  return {
    zeros: largest(found.filter((_, i) => isZero(i))) / 1e-4,
    others: others.length === 0 ? 0 : largest(others) / (1e-3 * scale),
  };
};

export interface UNetCase {
  readonly program: Program;
  readonly parameters: Checkpoint;
  /** The keys of the parameters, which are the first operands. */
  readonly keys: readonly string[];
  /** A tensor of the golden file. */
  readonly at: (name: string) => AnyTensor;
  readonly operands: readonly AnyTensor[];
}

/** The network as a program, with the operands of the golden file. */
export const openUNet = async (): Promise<UNetCase> => {
  const parameters = await load("unet-a.weights.safetensors");
  const stored = await load("unet-a.safetensors");
  const at = (name: string): AnyTensor => stored[name] as AnyTensor;
  const inputs = { p: parameters, x: at("in.x"), t: at("in.t"), y: at("in.y") };
  const specs = Object.fromEntries(
    Object.entries(inputs).map(([name, value]): [string, Spec] => [name, specOf(value)]),
  );
  const file = fileURLToPath(new URL("../programs/unet.ts", import.meta.url));
  const { program } = readProgram(openSources(), file, "unet", { specs, statics: { config: configuration() } });
  const operands = [...Object.values(parameters), at("in.x"), at("in.t"), at("in.y")];
  return { program, parameters, keys: Object.keys(parameters), at, operands };
};
