/** Small networks of the original, their inputs, results and gradients (`goldens/*.json`), and how ours are compared with them. */

import { tensor } from "../../dsl/index.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { ClassifierConfig, Pool, UNetConfig } from "../../examples/guided-diffusion/networks/config.ts";
import { fillParameters } from "../../examples/guided-diffusion/networks/fill.ts";
import type { Parameters } from "../../examples/guided-diffusion/networks/parameter-types.ts";
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

export interface Golden<C> {
  readonly config: C;
  readonly parameters: Parameters;
  readonly description: Description;
  /** A tensor of the golden file; indices are i32. */
  readonly at: (name: string) => AnyTensor;
  /** How far a result of this name may be off on a processor: ten times what the original's f32 is from its f64. */
  readonly tolerance: (name: string) => number;
}

const open = async <C>(name: string): Promise<Golden<C>> => {
  const description = readJson<Description>(`${name}.json`);
  const config = configOf(description);
  const stored = new Map([...(await readTensors(`${name}.safetensors`))].map(([key, host]) => [key, tensor(host)]));
  const weights =
    description.weights === "fill"
      ? Object.entries(fillParameters(config))
      : [...(await readTensors(`${name}.weights.safetensors`))];
  const parameters = Object.fromEntries(weights.map(([key, host]) => [key, tensor(host) as AnyTensor]));
  const at = (key: string): AnyTensor => {
    const found = stored.get(key);
    if (found === undefined) throw new Error(`${name} has no ${key}`);
    return found;
  };
  const tolerance = (key: string): number => {
    const error = description.errors[key];
    if (error === undefined) throw new Error(`${name} says no error of ${key}`);
    return Math.max(10 * error.max_abs_diff_from_float64, 1e-6 * error.max_abs);
  };
  return { config: config as C, parameters, description, at, tolerance };
};

export const openUNetGolden = (name: string): Promise<Golden<UNetConfig>> => open(name);
export const openClassifierGolden = (name: string): Promise<Golden<ClassifierConfig>> => open(name);
