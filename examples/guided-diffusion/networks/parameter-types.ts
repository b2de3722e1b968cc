/**
 * The record of a network's parameters, derived from its config: the original's key names, each with its exact shape.
 *
 * `plan.ts` walks a config in the same way when a program runs. Of a config that is no literal the checker knows nothing: its
 * record has any keys and shapes.
 */

import type { Double, Dyn, Plus, Quotient, Tensor, Times } from "typegrad";
import type { ClassifierConfig, TrunkConfig, UNetConfig } from "./config.ts";

/** Tensors under the key names of a checkpoint. */
export type Parameters = Readonly<Record<string, Tensor>>;

/** A dim that a config says, unknown to the checker where the config is. */
export type ConfigDim<N extends number> = number extends N ? Dyn : N;

/** The parameters of the UNet, and of super-resolution, that a config describes. */
export type UNetParams<C extends UNetConfig> =
  IsLiteral<C> extends true ? OneRecord<UNetKeys<C, Trunk<C>>> : Parameters;

/** The parameters of the classifier that a config describes. */
export type ClassifierParams<C extends ClassifierConfig> =
  IsLiteral<C> extends true ? OneRecord<ClassifierKeys<C, Trunk<C>>> : Parameters;

/** Whether the checker knows the levels of a config. */
type IsLiteral<C extends TrunkConfig> = number extends C["widths"]["length"] ? false : true;

/** One record of many. */
type OneRecord<Keys> = { readonly [Key in keyof Keys]: Keys[Key] };

/** Down to the middle: keys, channels of the middle, and of each input block. */
interface TrunkKeys {
  readonly keys: unknown;
  readonly channels: number;
  readonly skips: readonly number[];
}

type UNetKeys<C extends UNetConfig, T> = T extends TrunkKeys
  ? T["keys"] &
      (C extends { readonly classes: infer N } ? { "label_emb.weight": Tensor<[N, Embedding<C>]> } : unknown) &
      Up<C, C["widths"], [...Repeated<C["resBlocks"]>, 0], Repeated<C["widths"]["length"]>, T["channels"], T["skips"]> &
      Under<"out.0", Norm<C["widths"][0]>> &
      Under<"out.2", Affine<C["outChannels"], [C["widths"][0], 3, 3]>>
  : never;

type ClassifierKeys<C extends ClassifierConfig, T> = T extends TrunkKeys ? T["keys"] & Head<C, T>[C["pool"]] : never;

interface Head<C extends ClassifierConfig, T extends TrunkKeys> {
  readonly adaptive: Under<"out.0", Norm<T["channels"]>> &
    Under<"out.3", Affine<C["outChannels"], [T["channels"], 1, 1]>>;
  readonly attention: Under<"out.0", Norm<T["channels"]>> & AttentionPool<C, T["channels"]>;
  readonly spatial: Under<"out.0", Affine<2048, [Features<T>]>> & Under<"out.2", Affine<C["outChannels"], [2048]>>;
  readonly spatial_v2: Under<"out.0", Affine<2048, [Features<T>]>> &
    Under<"out.1", Norm<2048>> &
    Under<"out.3", Affine<C["outChannels"], [2048]>>;
}

type AttentionPool<C extends ClassifierConfig, Channels> = {
  "out.2.positional_embedding": Tensor<[Channels, Plus<Places<C>, 1>]>;
} & Under<"out.2.qkv_proj", Affine<Times<Channels, 3>, [Channels, 1]>> &
  Under<"out.2.c_proj", Affine<C["outChannels"], [Channels, 1]>>;

/** Places of the coarsest level. */
type Places<C extends ClassifierConfig> =
  Repeated<C["widths"]["length"]> extends readonly [unknown, ...infer Finer]
    ? Squared<Quotient<C["imageSize"], FactorAt<Finer>>>
    : never;
type Squared<S> = Times<S, S>;

/** Channels of all that the spatial pools average. */
type Features<T extends TrunkKeys> = Sum<[...T["skips"], T["channels"]]>;
type Sum<Terms extends readonly unknown[], Total = 0> = Terms extends readonly [infer Head, ...infer Tail]
  ? Sum<Tail, Plus<Total, Head>>
  : Total;

type Trunk<C extends TrunkConfig> = C["widths"] extends readonly [infer First extends number, ...unknown[]]
  ? Down<
      C,
      C["widths"],
      Repeated<C["resBlocks"]>,
      [],
      First,
      [First],
      Under<"time_embed.0", Affine<Embedding<C>, [C["modelChannels"]]>> &
        Under<"time_embed.2", Affine<Embedding<C>, [Embedding<C>]>> &
        Under<"input_blocks.0.0", Affine<First, [C["inChannels"], 3, 3]>>
    >
  : never;

/** The input blocks from one on: `Left` of this level are to come, after `Skips["length"]` blocks. */
type Down<
  C extends TrunkConfig,
  Widths extends readonly unknown[],
  Left extends readonly unknown[],
  Level extends readonly unknown[],
  Channels extends number,
  Skips extends readonly number[],
  Keys,
> = Widths extends readonly [infer Width extends number, ...infer Deeper]
  ? Left extends readonly [unknown, ...infer Fewer]
    ? Down<
        C,
        Widths,
        Fewer,
        Level,
        Width,
        [...Skips, Width],
        Keys & Stage<C, `input_blocks.${Skips["length"]}`, Channels, Width, Level>
      >
    : Deeper extends readonly []
      ? { readonly keys: Keys & Middle<C, Channels>; readonly channels: Channels; readonly skips: Skips }
      : Down<
          C,
          Deeper,
          Repeated<C["resBlocks"]>,
          [...Level, 0],
          Channels,
          [...Skips, Channels],
          Keys & Resampling<C, `input_blocks.${Skips["length"]}.0`, "op", Channels>
        >
  : never;

type Middle<C extends TrunkConfig, Channels> = Under<"middle_block.0", ResBlock<C, Channels, Channels>> &
  Under<"middle_block.1", Attention<Channels>> &
  Under<"middle_block.2", ResBlock<C, Channels, Channels>>;

/** The output blocks from one on, the coarsest level first; `Levels` is as long as `Widths`. */
type Up<
  C extends TrunkConfig,
  Widths extends readonly unknown[],
  Left extends readonly unknown[],
  Levels extends readonly unknown[],
  Channels,
  Skips extends readonly unknown[],
  Done extends readonly unknown[] = [],
  Keys = unknown,
> = Widths extends readonly [...infer Finer, infer Width]
  ? Levels extends readonly [unknown, ...infer Level]
    ? Left extends readonly [unknown, ...infer Fewer]
      ? Skips extends readonly [...infer Others, infer Skip]
        ? Up<
            C,
            Widths,
            Fewer,
            Levels,
            Width,
            Others,
            [...Done, 0],
            Keys &
              Stage<C, `output_blocks.${Done["length"]}`, Plus<Channels, Skip>, Width, Level> &
              (Fewer extends readonly []
                ? Finer extends readonly []
                  ? unknown
                  : Resampling<
                      C,
                      `output_blocks.${Done["length"]}.${HasAttention<C, Level> extends true ? 2 : 1}`,
                      "conv",
                      Width
                    >
                : unknown)
          >
        : never
      : Up<C, Finer, [...Repeated<C["resBlocks"]>, 0], Level, Channels, Skips, Done, Keys>
    : Keys
  : Keys;

/** A residual block, and attention where the level has it. */
type Stage<C extends TrunkConfig, Key extends string, From, To, Level extends readonly unknown[]> = Under<
  `${Key}.0`,
  ResBlock<C, From, To>
> &
  (HasAttention<C, Level> extends true ? Under<`${Key}.1`, Attention<To>> : unknown);

type HasAttention<C extends TrunkConfig, Level extends readonly unknown[]> =
  FactorAt<Level> extends C["attentionFactors"][number] ? true : false;

/** Between levels. */
type Resampling<C extends TrunkConfig, Key extends string, Name extends string, Channels> = C extends {
  readonly resample: "resBlock";
}
  ? Under<Key, ResBlock<C, Channels, Channels>>
  : C extends { readonly resample: "pool" }
    ? unknown
    : Under<`${Key}.${Name}`, Affine<Channels, [Channels, 3, 3]>>;

/** Keys of a part, under the place where it stands. */
type Under<Place extends string, Part> = { [Key in keyof Part & string as `${Place}.${Key}`]: Part[Key] };

interface Affine<Out, Rest extends readonly unknown[] = []> {
  weight: Tensor<[Out, ...Rest]>;
  bias: Tensor<[Out]>;
}
type Norm<Channels> = Affine<Channels>;

interface ResKeys<From, To, Embedding, Modulation> {
  "in_layers.0.weight": Tensor<[From]>;
  "in_layers.0.bias": Tensor<[From]>;
  "in_layers.2.weight": Tensor<[To, From, 3, 3]>;
  "in_layers.2.bias": Tensor<[To]>;
  "emb_layers.1.weight": Tensor<[Modulation, Embedding]>;
  "emb_layers.1.bias": Tensor<[Modulation]>;
  "out_layers.0.weight": Tensor<[To]>;
  "out_layers.0.bias": Tensor<[To]>;
  "out_layers.3.weight": Tensor<[To, To, 3, 3]>;
  "out_layers.3.bias": Tensor<[To]>;
}
interface ResSkipKeys<From, To, Embedding, Modulation> extends ResKeys<From, To, Embedding, Modulation> {
  "skip_connection.weight": Tensor<[To, From, 1, 1]>;
  "skip_connection.bias": Tensor<[To]>;
}
type ResBlock<C extends TrunkConfig, From, To> = [From, To] extends [To, From]
  ? ResKeys<From, To, Embedding<C>, Modulation<C, To>>
  : ResSkipKeys<From, To, Embedding<C>, Modulation<C, To>>;

interface Attention<Channels> {
  "norm.weight": Tensor<[Channels]>;
  "norm.bias": Tensor<[Channels]>;
  "qkv.weight": Tensor<[Times<Channels, 3>, Channels, 1]>;
  "qkv.bias": Tensor<[Times<Channels, 3>]>;
  "proj_out.weight": Tensor<[Channels, Channels, 1]>;
  "proj_out.bias": Tensor<[Channels]>;
}

type Embedding<C extends TrunkConfig> = Times<C["modelChannels"], 4>;

/** A scale and a shift for each channel, or a shift. */
type Modulation<C extends TrunkConfig, Channels> = C extends { readonly scaleShiftNorm: true }
  ? Double<Channels>
  : Channels;

/** A list as long as N. */
type Repeated<N, List extends readonly unknown[] = []> = List["length"] extends N ? List : Repeated<N, [...List, 0]>;

/** 2 to the length of a list: how many times smaller a level is. */
type FactorAt<Level extends readonly unknown[]> = Factors[Level["length"] & keyof Factors];
interface Factors {
  0: 1;
  1: 2;
  2: 4;
  3: 8;
  4: 16;
  5: 32;
  6: 64;
  7: 128;
  8: 256;
}
