/** Options of `conv`: their types, the lengths that they give, and what does not fit, with one text at both levels. */

import type { AllLiteral, Digits, Held, IsExactly, Remainder, Times } from "../dim.ts";
import { checkPositive, misfit, type PositiveFit, type Shape, type ShapeError } from "../shape.ts";
import type { ConvParams } from "./convolve.ts";
import {
  checkNames,
  checkSpan,
  type DilationAt,
  type NamesFit,
  type OptionOf,
  type PaddingAt,
  type PaddingFit,
  type PerAxis,
  paddingPairs,
  positivePerAxis,
  type SpanFit,
  type StrideAt,
  spanOf,
  type WindowDim,
  type WindowOptions,
} from "./spatial.ts";

/** The spatial dims that convolutions have: one or two. */
export type Spatial = readonly [number] | readonly [number, number];

/** As many axes, of any length. */
export type SameRank<X extends readonly unknown[]> = { readonly [I in keyof X]: number };

/** X are the spatial axes; what stands in the padding are zeros. */
export interface ConvOptions<X extends readonly unknown[]> extends WindowOptions<X> {
  /** Distance between the elements of the kernel; 1 by default. */
  readonly dilation?: PerAxis<X, number>;
  /** Parts of the channels, each of which has outputs of its own; 1 by default. */
  readonly groups?: number;
}

const optionNames = "stride, padding, dilation and groups";

export type GroupsOf<O> = OptionOf<O, "groups", 1>;

/** Spatial dims of the result. */
export type ConvDims<X extends readonly unknown[], K, O> = {
  -readonly [I in keyof X]: I extends keyof K
    ? WindowDim<X[I], K[I], StrideAt<O, I>, PaddingAt<O, I>, DilationAt<O, I>>
    : never;
};

/** Channels of all groups, where each has `Own`; `Yes` is `true` (see `Held`). */
export type ConvChannels<Own, O, Yes> =
  Held<IsExactly<GroupsOf<O>, 1>> extends Held<Yes>
    ? Own
    : Held<IsExactly<Own, 1>> extends Held<Yes>
      ? GroupsOf<O>
      : Times<Own, GroupsOf<O>>;

type GroupsMisfit<Outputs, G> =
  `conv: ${Digits<Outputs>} outputs of the weight are not divisible by ${Digits<G>} groups`;
const groupsMisfit = (outputs: number, groups: number): string =>
  `conv: ${outputs} outputs of the weight are not divisible by ${groups} groups`;

/** Refuses options that do not exist, are no whole numbers, or do not divide the outputs of the weight. */
export type OptionsFit<X extends readonly unknown[], Outputs, O> = NamesFit<
  "conv",
  O,
  ConvOptions<X>,
  typeof optionNames
> &
  PositiveFit<"conv", "groups", GroupsOf<O>> &
  GroupsFit<Outputs, GroupsOf<O>> &
  AxisFit<"conv", X, O, "0"> &
  AxisFit<"conv", X, O, "1">;

type GroupsFit<Outputs, G> =
  AllLiteral<[Outputs, G]> extends true
    ? [Remainder<Outputs, G>] extends [0]
      ? unknown
      : ShapeError<GroupsMisfit<Outputs, G>>
    : unknown;

/** Refuses what is no stride, dilation or padding of axis I. */
export type AxisFit<Op extends string, X, O, I> = I extends keyof X
  ? PositiveFit<Op, "stride", StrideAt<O, I>> &
      PositiveFit<Op, "dilation", DilationAt<O, I>> &
      PaddingFit<Op, PaddingAt<O, I>>
  : unknown;

/** Refuses a weight whose kernel is larger than x with its padding. */
export type KernelFit<X extends readonly unknown[], K extends readonly unknown[], O> = X["length"] extends K["length"]
  ? KernelAxisFit<X, K, O, "0"> & KernelAxisFit<X, K, O, "1">
  : unknown;
type KernelAxisFit<X, K, O, I extends string> = I extends keyof X & keyof K
  ? PositiveFit<"conv", "the length of the kernel", K[I]> &
      SpanFit<"conv", "kernel", I, X[I], K[I], PaddingAt<O, I>, DilationAt<O, I>>
  : unknown;

/** The primitive's parameters from a user's options; throws a `ShapeError` for what does not fit. */
export const convParams = (x: Shape, weight: Shape, options: ConvOptions<Shape>): ConvParams => {
  checkNames("conv", options, optionNames);
  const input = x.slice(2);
  const kernel = weight.slice(2);
  const rank = input.length;
  const { groups = 1 } = options;
  checkPositive("conv", "groups", groups);
  const [outputs = 0] = weight;
  if (outputs % groups !== 0) misfit(groupsMisfit(outputs, groups));
  const stride = positivePerAxis("conv", "stride", options.stride ?? 1, rank);
  const dilation = positivePerAxis("conv", "dilation", options.dilation ?? 1, rank);
  const padding = paddingPairs("conv", options.padding ?? 0, rank);
  input.forEach((length, i) => {
    checkPositive("conv", "the length of the kernel", kernel[i] as number);
    const spans = spanOf(kernel[i] as number, dilation[i] as number);
    checkSpan("conv", "kernel", i, length, padding[i] as readonly [number, number], spans);
  });
  return { stride, padding, dilation, inputDilation: input.map(() => 1), groups };
};
