/** A network of the original as a JSON describes it: its config, in our terms, and its weights. */

import { FormatError, type Host, type Tensor, tensor } from "typegrad";
import type { ClassifierConfig, Pool, UNetConfig } from "../networks/config.ts";
import { fillParameters, spread, spreadNoise } from "../networks/fill.ts";
import { classifierConfig, superResConfig, unetConfig } from "../networks/flags.ts";
import type { Parameters } from "../networks/parameter-types.ts";
import { type Folder, type Tensors, tensorsOf } from "./folder.ts";
import type { StoredError } from "./tolerance.ts";

export type ModelName = "UNetModel" | "SuperResModel" | "EncoderUNetModel";

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
  readonly conv_resample?: boolean;
  readonly use_scale_shift_norm?: boolean;
  readonly resblock_updown?: boolean;
  readonly use_new_attention_order?: boolean;
  readonly pool?: Pool;
}

export interface NetworkDescription {
  readonly case: string;
  readonly model: ModelName;
  /** Arguments of the constructor, or flags of the original's scripts. */
  readonly config: Constructor | Readonly<Record<string, unknown>>;
  readonly weights: string;
  readonly keys?: readonly (readonly [key: string, shape: readonly number[]])[];
  readonly key_list_sha256?: string;
  readonly errors: Readonly<Record<string, StoredError>>;
  /** Where inputs are not stored: the rules that make them, as "noise(1001, [1,3,64,64])". */
  readonly inputs?: {
    readonly x: string;
    readonly low_res?: string | null;
    readonly t: readonly number[];
    readonly y?: readonly number[] | null;
  };
  /** Where results are not stored whole, or besides: sums of them. */
  readonly results?: Readonly<Record<string, StoredSummary>>;
}

/** Numbers that stand for a tensor; `dot_noise_N` is Σ element × noise(N). */
export interface StoredSummary {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly first: readonly number[];
  readonly last: number;
  readonly [dot: `dot_noise_${number}`]: number;
}

export type Config = UNetConfig | ClassifierConfig;

const isConstructor = (config: NetworkDescription["config"]): config is Constructor => "model_channels" in config;

/** A count that −1 and nothing leave out. */
const given = (count: number | null | undefined): number | undefined =>
  count === -1 || count === null ? undefined : count;

const ofConstructor = (model: ModelName, config: Constructor): Config => {
  const optional = {
    heads: config.num_heads,
    headChannels: given(config.num_head_channels),
    headsUp: given(config.num_heads_upsample),
    classes: given(config.num_classes),
    pool: config.pool,
    ...(config.pool && { imageSize: config.image_size }),
  };
  return {
    inChannels: config.in_channels * (model === "SuperResModel" ? 2 : 1),
    outChannels: config.out_channels,
    modelChannels: config.model_channels,
    widths: config.channel_mult.map((factor) => Math.trunc(factor * config.model_channels)),
    resBlocks: config.num_res_blocks,
    attentionFactors: config.attention_resolutions,
    resample: config.resblock_updown ? "resBlock" : config.conv_resample === false ? "pool" : "conv",
    scaleShiftNorm: config.use_scale_shift_norm ?? false,
    attentionOrder: config.use_new_attention_order ? "new" : "legacy",
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
};

/** The original's configuration, as ours. */
export const configOf = ({ model, config }: NetworkDescription): Config => {
  if (isConstructor(config)) return ofConstructor(model, config);
  if (model === "EncoderUNetModel") return classifierConfig(config);
  return model === "SuperResModel" ? superResConfig(config) : unetConfig(config);
};

export const tensorsOfHosts = (hosts: Readonly<Record<string, unknown>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(Object.entries(hosts).map(([key, host]) => [key, tensor(host as never) as Tensor]));

/** What "noise(1001, [1,3,64,64]) rounded to float32" makes; "data" is the same within [−1, 1]. */
const filledInput = (rule: string): Host => {
  const [, kind, seed, dims] = /^(noise|data)\((\d+), \[([\d, ]+)\]\)/.exec(rule) ?? [];
  if (kind === undefined || dims === undefined) throw new FormatError(`no rule for inputs is written ${rule}`);
  const shape = dims.split(",").map(Number);
  const count = shape.reduce((size, dim) => size * dim, 1);
  const numbers = kind === "noise" ? spreadNoise(Number(seed), count) : spread(Number(seed), count).map((u) => 2 * u);
  return { dtype: "f32", shape, data: Float32Array.from(numbers) };
};

/** What is stored of a network, with the inputs that a rule makes. */
export const storedOf = async (folder: Folder, name: string, { inputs }: NetworkDescription): Promise<Tensors> => {
  const file = `${name}.safetensors`;
  const hosts = new Map<string, Host>();
  if (folder.has(file)) {
    const stored = await folder.tensors(file);
    for (const key of stored.keys) hosts.set(key, stored.host(key));
  }
  if (inputs !== undefined) {
    const integers = (values: readonly number[]): Host => ({
      dtype: "i32",
      shape: [values.length],
      data: Int32Array.from(values),
    });
    hosts.set("in.x", filledInput(inputs.x));
    hosts.set("in.t", integers(inputs.t));
    if (inputs.y) hosts.set("in.y", integers(inputs.y));
    if (inputs.low_res) hosts.set("in.low_res", filledInput(inputs.low_res));
  }
  return tensorsOf(name, hosts);
};

/** By the rule, or those of a file: the one that is named, or the same in `.weights.safetensors`. */
export const parametersOf = async (
  folder: Folder,
  { weights }: NetworkDescription,
  config: Config,
): Promise<Parameters> => {
  if (weights === "fill") return tensorsOfHosts(fillParameters(config));
  const other = weights.replace(/\.pt$/, ".weights.safetensors");
  const file = await folder.tensors(folder.has(weights) || !folder.has(other) ? weights : other);
  return Object.fromEntries(file.keys.map((key) => [key, file.at(key)]));
};

export interface Network<C extends Config = Config> {
  readonly description: NetworkDescription;
  readonly config: C;
  readonly params: Parameters;
}

/** The network that `<name>.json` describes. */
export const openNetwork = async <C extends Config>(folder: Folder, name: string): Promise<Network<C>> => {
  const description = await folder.json<NetworkDescription>(`${name}.json`);
  const config = configOf(description) as C;
  return { description, config, params: await parametersOf(folder, description, config) };
};

/** The networks that a folder describes, by their files' names. */
export const networksOf = async (folder: Folder): Promise<ReadonlyMap<string, NetworkDescription>> => {
  const found = new Map<string, NetworkDescription>();
  for (const file of folder.names.filter((name) => name.endsWith(".json"))) {
    const description = await folder.json<Partial<NetworkDescription>>(file);
    const { model, config, weights } = description;
    if (model !== undefined && /^(UNet|SuperRes|EncoderUNet)Model$/.test(model) && config && weights)
      found.set(file.replace(/\.json$/, ""), description as NetworkDescription);
  }
  return found;
};
