/** Options of `conv`: their types, the lengths that they give, and what does not fit, with one text at both levels. */

import type { SubDigits } from "../digits.ts";
import type {
  AllLiteral,
  Digits,
  Held,
  IsExactly,
  IsLiteral,
  Minus,
  Plus,
  Quotient,
  Remainder,
  Times,
} from "../dim.ts";
import { checkPositive, misfit, type PositiveFit, type Shape, type ShapeError } from "../shape.ts";
import { type ConvParams, spanOf } from "./convolve.ts";

/** One value for every spatial axis, or a list with one for each. */
type PerAxis<X extends readonly unknown[], V> = V | { readonly [I in keyof X]: V };

/** X are the spatial axes. */
export interface ConvOptions<X extends readonly unknown[]> {
  /** Distance between the places of the kernel; 1 by default. */
  readonly stride?: PerAxis<X, number>;
  /** Zeros around x: as many on both sides of an axis, or `[low, high]` in a list with an entry for each axis; 0 by default. */
  readonly padding?: number | { readonly [I in keyof X]: number | readonly [low: number, high: number] };
  /** Distance between the elements of the kernel; 1 by default. */
  readonly dilation?: PerAxis<X, number>;
  /** Parts of the channels, each of which has outputs of its own; 1 by default. */
  readonly groups?: number;
}

/** The option's entry for axis I. */
type EntryAt<V, I> = V extends readonly unknown[] ? (I extends keyof V ? V[I] : never) : V;
/** An option, or its default; some `number` where it may be either. */
type OptionOf<O, Name extends string, Default> = Name extends keyof O
  ? undefined extends O[Name]
    ? number
    : O[Name]
  : Default;
type StrideAt<O, I> = EntryAt<OptionOf<O, "stride", 1>, I>;
type DilationAt<O, I> = EntryAt<OptionOf<O, "dilation", 1>, I>;
type PaddingAt<O, I> = EntryAt<OptionOf<O, "padding", 0>, I>;
type GroupsOf<O> = OptionOf<O, "groups", 1>;

/** Zeros on both sides together. */
type PaddedBy<P> = P extends readonly [infer Low, infer High] ? Plus<Low, High> : Times<P, 2>;

type Span<K, Dilation> = Digits<Dilation> extends "1" ? K : Plus<Times<Minus<K, 1>, Dilation>, 1>;

/** a + up − down, with a itself where they are equal: then it may be a type parameter. */
type Shifted<A, Up, Down> =
  AllLiteral<[Up, Down]> extends true
    ? Digits<Up> extends Digits<Down>
      ? A
      : SubDigits<Digits<Up>, Digits<Down>> extends "negative"
        ? Minus<A, Minus<Down, Up>>
        : Plus<A, Minus<Up, Down>>
    : Minus<Plus<A, Up>, Down>;
type Divided<A, By> = Digits<By> extends "1" ? A : Quotient<A, By>;

/** ⌊(H + padding − span) / stride⌋ + 1: H itself for a kernel of 3 with padding 1, `Half<H>` for one of 2 with stride 2. */
export type ConvDim<H, K, Stride, Padding, Dilation = 1> = Divided<
  Shifted<H, Plus<PaddedBy<Padding>, Stride>, Span<K, Dilation>>,
  Stride
>;

/** Spatial dims of the result. */
export type ConvDims<X extends readonly unknown[], K, O> = {
  -readonly [I in keyof X]: I extends keyof K
    ? ConvDim<X[I], K[I], StrideAt<O, I>, PaddingAt<O, I>, DilationAt<O, I>>
    : never;
};

/** Channels of x for a weight that takes `Own` in each group; `Yes` is `true` (see `Held`). */
export type ConvChannels<Own, O, Yes> =
  Held<IsExactly<GroupsOf<O>, 1>> extends Held<Yes>
    ? Own
    : Held<IsExactly<Own, 1>> extends Held<Yes>
      ? GroupsOf<O>
      : Times<Own, GroupsOf<O>>;

type UnknownOption<Name extends string> = `conv: "${Name}" is no option; they are stride, padding, dilation and groups`;
const unknownOption = (name: string): string =>
  `conv: "${name}" is no option; they are stride, padding, dilation and groups`;

type PaddingMisfit<P> = `conv: padding is ${P & number}, and must be a whole number from 0 up; crop with slice`;
const paddingMisfit = (padding: number): string =>
  `conv: padding is ${padding}, and must be a whole number from 0 up; crop with slice`;

type PairMisfit<Length extends number> =
  `conv: padding has an entry of ${Length} numbers, which is neither one number nor a pair [low, high]`;
const pairMisfit = (length: number): string =>
  `conv: padding has an entry of ${length} numbers, which is neither one number nor a pair [low, high]`;

type GroupsMisfit<Outputs, G> =
  `conv: ${Digits<Outputs>} outputs of the weight are not divisible by ${Digits<G>} groups`;
const groupsMisfit = (outputs: number, groups: number): string =>
  `conv: ${outputs} outputs of the weight are not divisible by ${groups} groups`;

type KernelMisfit<
  Axis extends string,
  Spans,
  Padded,
> = `conv: the kernel spans ${Digits<Spans>} along spatial axis ${Axis}, where x with its padding has ${Digits<Padded>}; pad x, or take a smaller kernel`;
const kernelMisfit = (axis: number, spans: number, padded: number): string =>
  `conv: the kernel spans ${spans} along spatial axis ${axis}, where x with its padding has ${padded}; pad x, or take a smaller kernel`;

/** Refuses options that do not exist, are no whole numbers, or do not divide the outputs of the weight. */
export type OptionsFit<X extends readonly unknown[], Outputs, O> = [Exclude<keyof O, keyof ConvOptions<X>>] extends [
  never,
]
  ? PositiveFit<"conv", "groups", GroupsOf<O>> &
      GroupsFit<Outputs, GroupsOf<O>> &
      AxisFit<X, O, "0"> &
      AxisFit<X, O, "1">
  : ShapeError<UnknownOption<Exclude<keyof O, keyof ConvOptions<X>> & string>>;

type GroupsFit<Outputs, G> =
  AllLiteral<[Outputs, G]> extends true
    ? [Remainder<Outputs, G>] extends [0]
      ? unknown
      : ShapeError<GroupsMisfit<Outputs, G>>
    : unknown;

type AxisFit<X, O, I> = I extends keyof X
  ? PositiveFit<"conv", "stride", StrideAt<O, I>> &
      PositiveFit<"conv", "dilation", DilationAt<O, I>> &
      PaddingFit<PaddingAt<O, I>>
  : unknown;

type PaddingFit<P> =
  IsLiteral<P> extends true
    ? P extends readonly [infer Low, infer High]
      ? PaddingFit<Low> & PaddingFit<High>
      : P extends readonly unknown[]
        ? ShapeError<PairMisfit<P["length"]>>
        : `${P & number}` extends `-${string}` | `${string}.${string}` | `${string}e-${string}`
          ? ShapeError<PaddingMisfit<P>>
          : unknown
    : unknown;

/** Refuses a weight whose kernel is larger than x with its padding. */
export type KernelFit<X extends readonly unknown[], K extends readonly unknown[], O> = X["length"] extends K["length"]
  ? KernelAxisFit<X, K, O, "0"> & KernelAxisFit<X, K, O, "1">
  : unknown;
type KernelAxisFit<X, K, O, I extends string> = I extends keyof X & keyof K
  ? PositiveFit<"conv", "the length of the kernel", K[I]> & SpanFit<X[I], K[I], DilationAt<O, I>, PaddingAt<O, I>, I>
  : unknown;

/** An input of length 0 passes where one of length 1 does, and has a result of length 0. */
type SpanFit<H, K, Dilation, Padding, I extends string> =
  AllLiteral<[H, K, Dilation, PaddedBy<Padding>]> extends true
    ? [unknown] extends [PositiveFit<"conv", "dilation", Dilation> & PaddingFit<Padding>]
      ? SubDigits<Digits<Plus<H extends 0 ? 1 : H, PaddedBy<Padding>>>, Digits<Span<K, Dilation>>> extends "negative"
        ? ShapeError<KernelMisfit<I, Span<K, Dilation>, Plus<H, PaddedBy<Padding>>>>
        : unknown
      : unknown
    : unknown;

/** The primitive's parameters from a user's options; throws a `ShapeError` for what does not fit. */
export const convParams = (x: Shape, weight: Shape, options: ConvOptions<Shape>): ConvParams => {
  for (const name of Object.keys(options))
    if (!["stride", "padding", "dilation", "groups"].includes(name)) misfit(unknownOption(name));
  const input = x.slice(2);
  const kernel = weight.slice(2);
  const { groups = 1 } = options;
  checkPositive("conv", "groups", groups);
  const [outputs = 0] = weight;
  if (outputs % groups !== 0) misfit(groupsMisfit(outputs, groups));
  const stride = perAxis("stride", options.stride ?? 1, input.length);
  const dilation = perAxis("dilation", options.dilation ?? 1, input.length);
  const padding = perAxis("padding", options.padding ?? 0, input.length).map((entry): readonly [number, number] => {
    if (typeof entry === "number") return [entry, entry];
    return entry.length === 2 ? entry : misfit(pairMisfit((entry as readonly number[]).length));
  });
  input.forEach((length, i) => {
    const [low, high] = padding[i] as readonly [number, number];
    checkPositive("conv", "stride", stride[i] as number);
    checkPositive("conv", "dilation", dilation[i] as number);
    checkPositive("conv", "the length of the kernel", kernel[i] as number);
    for (const width of [low, high]) if (!Number.isInteger(width) || width < 0) misfit(paddingMisfit(width));
    const spans = spanOf(kernel[i] as number, dilation[i] as number);
    if (Math.max(length, 1) + low + high < spans) misfit(kernelMisfit(i, spans, length + low + high));
  });
  return { stride, padding, dilation, inputDilation: input.map(() => 1), groups };
};

const perAxis = <V extends number | readonly [number, number]>(
  name: string,
  option: V | readonly V[],
  rank: number,
): readonly V[] => {
  if (!Array.isArray(option)) return Array.from({ length: rank }, () => option as V);
  if (option.length !== rank)
    misfit(
      `conv: ${name} ${JSON.stringify(option)} has ${option.length} entries, and x has ${rank} spatial axes; give one number, or one entry for each${name === "padding" ? `, as ${JSON.stringify(Array.from({ length: rank }, () => [1, 2]))} for [low, high]` : ""}`,
    );
  return option;
};
