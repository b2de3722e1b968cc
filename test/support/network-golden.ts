/** Small networks of the original, their inputs, results and gradients (`goldens/*.json`), and how ours are compared with them. */

import { tensor } from "../../dsl/index.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { ClassifierConfig, Pool, UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import { fillParameters } from "../../examples/guided-diffusion/networks/fill.ts";
import type { Parameters } from "../../examples/guided-diffusion/networks/parameter-types.ts";
import { elements } from "./evaluator-probes.ts";
import { readJson, readTensors } from "./goldens.ts";

/** What the original's constructors take. */
interface Constructor {
  readonly image_size: number;
  readonly in_channels: number;
  readonly model_channels: number;
  readonly out_channels: number;
  readonly num_res_blocks: number;
  readonly attention_resolutions: readonly number[];
  readonly channel_mult: readonly number[];
  readonly num_classes?: number | null;
  readonly num_heads?: number;
  readonly num_heads_upsample?: number;
  readonly num_head_channels?: number;
  readonly use_scale_shift_norm?: boolean;
  readonly resblock_updown?: boolean;
  readonly use_new_attention_order?: boolean;
  readonly pool?: Pool;
}

interface Description {
  readonly model: "UNetModel" | "SuperResModel" | "EncoderUNetModel";
  readonly config: Constructor;
  readonly weights: string;
  readonly keys: readonly (readonly [key: string, shape: readonly number[]])[];
  readonly errors: Readonly<Record<string, { readonly max_abs_diff_from_float64: number; readonly max_abs: number }>>;
}

const given = (count: number | undefined): number | undefined => (count === -1 ? undefined : count);

/** The original's configuration, as ours. */
const configOf = ({ model, config }: Description): UNetConfig | ClassifierConfig => {
  const optional = {
    heads: config.num_heads,
    headChannels: given(config.num_head_channels),
    headsUp: given(config.num_heads_upsample),
    classes: config.num_classes ?? undefined,
    pool: config.pool,
  };
  return {
    inChannels: config.in_channels * (model === "SuperResModel" ? 2 : 1),
    outChannels: config.out_channels,
    modelChannels: config.model_channels,
    widths: config.channel_mult.map((factor) => factor * config.model_channels),
    resBlocks: config.num_res_blocks,
    attentionFactors: config.attention_resolutions,
    resample: config.resblock_updown ? "resBlock" : "conv",
    scaleShiftNorm: config.use_scale_shift_norm ?? false,
    attentionOrder: config.use_new_attention_order ? "new" : "legacy",
    ...(config.pool && { imageSize: config.image_size }),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
};

export interface Golden<C = UNetConfig | ClassifierConfig> {
  readonly name: string;
  readonly config: C;
  readonly parameters: Parameters;
  readonly description: Description;
  /** A tensor of the golden file; indices are i32. */
  readonly at: (name: string) => AnyTensor;
  /** How far a result of this name may be off on a processor: ten times what the original's f32 is from its f64. */
  readonly tolerance: (name: string) => number;
  /** The largest magnitude of a result. */
  readonly scale: (name: string) => number;
}

export const openGolden = async <C extends UNetConfig | ClassifierConfig = UNetConfig | ClassifierConfig>(
  name: string,
): Promise<Golden<C>> => {
  const description = readJson<Description>(`${name}.json`);
  const config = configOf(description);
  const stored = new Map([...(await readTensors(`${name}.safetensors`))].map(([key, host]) => [key, tensor(host)]));
  const weights =
    description.weights === "fill"
      ? Object.entries(fillParameters(config))
      : [...(await readTensors(description.weights))];
  const parameters = Object.fromEntries(weights.map(([key, host]) => [key, tensor(host) as AnyTensor]));
  const at = (key: string): AnyTensor => {
    const found = stored.get(key);
    if (found === undefined) throw new Error(`${name} has no ${key}`);
    return found;
  };
  const errorOf = (key: string) => {
    const error = description.errors[key];
    if (error === undefined) throw new Error(`${name} says no error of ${key}`);
    return error;
  };
  const scale = (key: string): number => errorOf(key).max_abs;
  const tolerance = (key: string): number => Math.max(10 * errorOf(key).max_abs_diff_from_float64, 1e-6 * scale(key));
  // The config is that of the network that the caller names.
  return { name, config: config as C, parameters, description, at, tolerance, scale };
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
