/**
 * Options of ops whose windows move along spatial axes, which are those after batch and channels: how many places a window
 * has, and what of stride, padding and dilation does not fit, with one text at both levels.
 */

import type { SubDigits } from "../digits.ts";
import type { AllLiteral, Digits, IsLiteral, Minus, Plus, Quotient, Times } from "../dim.ts";
import { checkPositive, misfit, type PositiveFit, type ShapeError } from "../shape.ts";

/** One value for every spatial axis, or a list with one for each. */
export type PerAxis<X extends readonly unknown[], V> = V | { readonly [I in keyof X]: V };

/** X are the spatial axes. */
export interface WindowOptions<X extends readonly unknown[]> {
  /** Distance between the places of the window; 1 by default, for pooling the size of the window. */
  readonly stride?: PerAxis<X, number>;
  /** Places around x: as many on both sides of an axis, or `[low, high]` in a list with an entry for each axis; 0 by default. */
  readonly padding?: number | { readonly [I in keyof X]: number | readonly [low: number, high: number] };
}

/** The option's entry for axis I. */
export type EntryAt<V, I> = V extends readonly unknown[] ? (I extends keyof V ? V[I] : never) : V;
/** An option, or its default; some `number` where it may be either. */
export type OptionOf<O, Name extends string, Default> = Name extends keyof O
  ? undefined extends O[Name]
    ? number
    : O[Name]
  : Default;
export type StrideAt<O, I, Default = 1> = EntryAt<OptionOf<O, "stride", Default>, I>;
export type DilationAt<O, I> = EntryAt<OptionOf<O, "dilation", 1>, I>;
export type PaddingAt<O, I> = EntryAt<OptionOf<O, "padding", 0>, I>;

/** Padding on both sides together. */
export type PaddedBy<P> = P extends readonly [infer Low, infer High] ? Plus<Low, High> : Times<P, 2>;

/** What K elements span that are `Dilation` apart. */
export type Span<K, Dilation> = Digits<Dilation> extends "1" ? K : Plus<Times<Minus<K, 1>, Dilation>, 1>;
export const spanOf = (length: number, step: number): number => (length === 0 ? 0 : (length - 1) * step + 1);

/** a + up − down, with a itself where they are equal: then it may be a type parameter. */
export type Shifted<A, Up, Down> =
  AllLiteral<[Up, Down]> extends true
    ? Digits<Up> extends Digits<Down>
      ? A
      : SubDigits<Digits<Up>, Digits<Down>> extends "negative"
        ? Minus<A, Minus<Down, Up>>
        : Plus<A, Minus<Up, Down>>
    : Minus<Plus<A, Up>, Down>;
type Divided<A, By> = Digits<By> extends "1" ? A : Quotient<A, By>;

/** ⌊(H + padding − span) / stride⌋ + 1: H itself for a window of 3 with padding 1, `Half<H>` for one of 2 with stride 2. */
export type WindowDim<H, K, Stride, Padding, Dilation = 1> = Divided<
  Shifted<H, Plus<PaddedBy<Padding>, Stride>, Span<K, Dilation>>,
  Stride
>;

type UnknownOption<
  Op extends string,
  Name extends string,
  Known extends string,
> = `${Op}: "${Name}" is no option; they are ${Known}`;
const unknownOption = (op: string, name: string, known: string): string =>
  `${op}: "${name}" is no option; they are ${known}`;

/** Refuses options that do not exist; `Known` is a list for people, as "stride and padding". */
export type NamesFit<Op extends string, O, Options, Known extends string> = [Exclude<keyof O, keyof Options>] extends [
  never,
]
  ? unknown
  : ShapeError<UnknownOption<Op, Exclude<keyof O, keyof Options> & string, Known>>;
export const checkNames = (op: string, options: object, known: string): void => {
  const names = known.split(/, | and /);
  for (const name of Object.keys(options)) if (!names.includes(name)) misfit(unknownOption(op, name, known));
};

type PaddingMisfit<
  Op extends string,
  P,
> = `${Op}: padding is ${P & number}, and must be a whole number from 0 up; crop with slice`;
const paddingMisfit = (op: string, padding: number): string =>
  `${op}: padding is ${padding}, and must be a whole number from 0 up; crop with slice`;

type PairMisfit<
  Op extends string,
  Length extends number,
> = `${Op}: padding has an entry of ${Length} numbers, which is neither one number nor a pair [low, high]`;
const pairMisfit = (op: string, length: number): string =>
  `${op}: padding has an entry of ${length} numbers, which is neither one number nor a pair [low, high]`;

/** Refuses padding that is no whole number from 0 up, and no pair of them. */
export type PaddingFit<Op extends string, P> =
  IsLiteral<P> extends true
    ? P extends readonly [infer Low, infer High]
      ? PaddingFit<Op, Low> & PaddingFit<Op, High>
      : P extends readonly unknown[]
        ? ShapeError<PairMisfit<Op, P["length"]>>
        : `${P & number}` extends `-${string}` | `${string}.${string}` | `${string}e-${string}`
          ? ShapeError<PaddingMisfit<Op, P>>
          : unknown
    : unknown;

type SpanMisfit<
  Op extends string,
  What extends string,
  I extends string,
  Spans,
  Padded,
> = `${Op}: the ${What} spans ${Digits<Spans>} along spatial axis ${I}, where x with its padding has ${Digits<Padded>}; pad x, or take a smaller ${What}`;
const spanMisfit = (op: string, what: string, axis: number, spans: number, padded: number): string =>
  `${op}: the ${what} spans ${spans} along spatial axis ${axis}, where x with its padding has ${padded}; pad x, or take a smaller ${what}`;

/**
 * Refuses a kernel or a window that is larger than a literal axis with its padding. An axis of length 0 passes where one of
 * length 1 does, and leaves one of length 0.
 */
export type SpanFit<Op extends string, What extends string, I extends string, H, K, Padding, Dilation = 1> =
  AllLiteral<[H, K, Dilation, PaddedBy<Padding>]> extends true
    ? [unknown] extends [PositiveFit<Op, "dilation", Dilation> & PaddingFit<Op, Padding>]
      ? SubDigits<Digits<Plus<H extends 0 ? 1 : H, PaddedBy<Padding>>>, Digits<Span<K, Dilation>>> extends "negative"
        ? ShapeError<SpanMisfit<Op, What, I, Span<K, Dilation>, Plus<H, PaddedBy<Padding>>>>
        : unknown
      : unknown
    : unknown;
export const checkSpan = (
  op: string,
  what: string,
  axis: number,
  length: number,
  [low, high]: readonly [number, number],
  spans: number,
): void => {
  if (Math.max(length, 1) + low + high < spans) misfit(spanMisfit(op, what, axis, spans, length + low + high));
};

/** An option for each spatial axis. */
export const perAxis = <V extends number | readonly [number, number]>(
  op: string,
  name: string,
  option: V | readonly V[],
  rank: number,
): readonly V[] => {
  if (!Array.isArray(option)) return Array.from({ length: rank }, () => option as V);
  if (option.length !== rank)
    misfit(
      `${op}: ${name} ${JSON.stringify(option)} has ${option.length} entries, and x has ${rank} spatial axes; give one number, or one entry for each${name === "padding" ? `, as ${JSON.stringify(Array.from({ length: rank }, () => [1, 2]))} for [low, high]` : ""}`,
    );
  return option;
};

/** A number from 1 up for each spatial axis. */
export const positivePerAxis = (
  op: string,
  name: string,
  option: number | readonly number[],
  rank: number,
): readonly number[] => {
  const entries = perAxis(op, name, option, rank);
  for (const entry of entries) checkPositive(op, name, entry);
  return entries;
};

type Padding = number | readonly (number | readonly [number, number])[];

/** A pair [low, high] for each spatial axis. */
export const paddingPairs = (op: string, option: Padding, rank: number): (readonly [low: number, high: number])[] =>
  perAxis(op, "padding", option, rank).map((entry) => {
    const pair: readonly number[] = typeof entry === "number" ? [entry, entry] : entry;
    if (pair.length !== 2) misfit(pairMisfit(op, pair.length));
    for (const width of pair) if (!Number.isInteger(width) || width < 0) misfit(paddingMisfit(op, width));
    return pair as readonly [number, number];
  });
