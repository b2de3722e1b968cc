/** Equations of `einsum`, such as "bct,bcs->bts": read at run time, and in types, with one text for what is wrong. */

import type { Float } from "../dtype.ts";
import { misfit, type Shape, type ShapeError, type Show, show } from "../shape.ts";
import type { In } from "../tensor.ts";

export interface Equation {
  /** The user's text, for messages. */
  readonly text: string;
  /** Labels of each operand, one an axis. */
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** "b ct" → ["b", "c", "t"]: spaces mean nothing. */
type Chars<S extends string, Out extends readonly string[] = []> = S extends `${infer Head}${infer Tail}`
  ? Chars<Tail, Head extends " " ? Out : [...Out, Head]>
  : Out;
type Operands<
  S extends string,
  Out extends readonly (readonly string[])[] = [],
> = S extends `${infer Head},${infer Tail}` ? Operands<Tail, [...Out, Chars<Head>]> : [...Out, Chars<S>];
const charsOf = (text: string): string[] => text.split("").filter((char) => char !== " ");

/** Labels of operand I. */
type LabelsOf<Q extends string, I> = Q extends `${infer Left}->${string}`
  ? Operands<Left> extends infer L
    ? I extends keyof L
      ? L[I]
      : never
    : never
  : never;

type Malformed<Q extends string> =
  `einsum "${Q}": an equation has the labels of each operand, "->", and the labels of the result, as "ij,jk->ik" has`;
const malformed = (equation: string): string =>
  `einsum "${equation}": an equation has the labels of each operand, "->", and the labels of the result, as "ij,jk->ik" has`;

type NoLabel<
  Q extends string,
  C extends string,
> = `einsum "${Q}": "${C}" is no label; an axis has a letter, and operands are parted by commas`;
const noLabel = (equation: string, char: string): string =>
  `einsum "${equation}": "${char}" is no label; an axis has a letter, and operands are parted by commas`;

type WrongCount<
  Q extends string,
  Named extends number,
  Given extends number,
> = `einsum "${Q}": the equation has labels for ${Named}, and the operands are ${Given}`;
const wrongCount = (equation: string, named: number, given: number): string =>
  `einsum "${equation}": the equation has labels for ${named}, and the operands are ${given}`;

type NoOperandHas<
  Q extends string,
  C extends string,
> = `einsum "${Q}": no operand has the label ${C} of the result; sum or keep labels, and add axes with reshape`;
const noOperandHas = (equation: string, label: string): string =>
  `einsum "${equation}": no operand has the label ${label} of the result; sum or keep labels, and add axes with reshape`;

type NamedTwice<Q extends string, C extends string> = `einsum "${Q}": the result has the label ${C} twice`;
const namedTwice = (equation: string, label: string): string =>
  `einsum "${equation}": the result has the label ${label} twice`;

type WrongRank<
  Q extends string,
  Position extends number,
  S extends readonly unknown[],
  Labels extends number,
> = `einsum "${Q}": operand ${Position} is ${Show<S>}, and the equation has ${Labels} labels for it`;
const wrongRank = (equation: string, position: number, shape: Shape, labels: number): string =>
  `einsum "${equation}": operand ${position} is ${show(shape)}, and the equation has ${labels} labels for it`;

/** A letter differs in upper and lower case. */
type IsLetter<C extends string> = Uppercase<C> extends Lowercase<C> ? false : true;
const isLetter = (char: string): boolean => char.toUpperCase() !== char.toLowerCase();

type FirstNoLetter<L extends readonly string[]> = L extends readonly [
  infer C extends string,
  ...infer Rest extends readonly string[],
]
  ? IsLetter<C> extends true
    ? FirstNoLetter<Rest>
    : C
  : never;

type OutputFit<Q extends string, Out extends readonly string[], Known, Seen = never> = Out extends readonly [
  infer C extends string,
  ...infer Rest extends readonly string[],
]
  ? C extends Known
    ? C extends Seen
      ? ShapeError<NamedTwice<Q, C>>
      : OutputFit<Q, Rest, Known, Seen | C>
    : ShapeError<NoOperandHas<Q, C>>
  : unknown;

/** Refuses an equation that is malformed, or has another number of operands. */
export type EquationFit<Q extends string, Count extends number> = string extends Q
  ? unknown
  : Q extends `${infer Left}->${infer Right}`
    ? Right extends `${string}->${string}`
      ? ShapeError<Malformed<Q>>
      : Operands<Left> extends infer L extends readonly (readonly string[])[]
        ? [FirstNoLetter<Flat<[...L, Chars<Right>]>>] extends [never]
          ? L["length"] extends Count
            ? OutputFit<Q, Chars<Right>, L[number][number]>
            : ShapeError<WrongCount<Q, L["length"], Count>>
          : ShapeError<NoLabel<Q, FirstNoLetter<Flat<[...L, Chars<Right>]>>>>
        : never
    : ShapeError<Malformed<Q>>;
type Flat<L extends readonly (readonly string[])[], Out extends readonly string[] = []> = L extends readonly [
  infer Head extends readonly string[],
  ...infer Tail extends readonly (readonly string[])[],
]
  ? Flat<Tail, [...Out, ...Head]>
  : Out;

/** Reads an equation; throws a `ShapeError` for one that is malformed, or has another number of operands. */
export const parseEquation = (text: string, count: number): Equation => {
  const sides = text.split("->");
  if (sides.length !== 2) misfit(malformed(text));
  const [left, right] = sides as [string, string];
  const operands = left.split(",").map(charsOf);
  const output = charsOf(right);
  for (const char of [...operands.flat(), ...output]) if (!isLetter(char)) misfit(noLabel(text, char));
  if (operands.length !== count) misfit(wrongCount(text, operands.length, count));
  output.forEach((label, axis) => {
    if (!operands.some((labels) => labels.includes(label))) misfit(noOperandHas(text, label));
    if (output.indexOf(label) < axis) misfit(namedTwice(text, label));
  });
  return { text, operands, output };
};

/** Dims by label: of two axes with one label the first counts. */
type Bind<L, S, Dims> = L extends readonly [infer C extends string, ...infer RestL]
  ? S extends readonly [infer Size, ...infer RestS]
    ? Bind<RestL, RestS, C extends keyof Dims ? Dims : Dims & { readonly [_ in C]: Size }>
    : Dims
  : Dims;
type BindAll<L, R, Dims = unknown> = L extends readonly [infer Own, ...infer RestL]
  ? R extends readonly [infer X extends In, ...infer RestR]
    ? BindAll<RestL, RestR, Bind<Own, X["shape"], Dims>>
    : Dims
  : Dims;
type DimsOf<Q extends string, R> = Q extends `${infer Left}->${string}` ? BindAll<Operands<Left>, R> : never;

type Sizes<L, Dims> = { readonly [I in keyof L]: L[I] extends keyof Dims ? Dims[L[I]] : never };

type ShapeAt<R, I> = I extends keyof R ? (R[I] extends In ? R[I]["shape"] : never) : never;

type DTypeOf<X> = X extends In<infer _, infer D> ? D : never;

/** Position of operand I, counted from 1. */
type Position<I> = I extends keyof Positions ? Positions[I] : number;
type Positions = [1, 2, 3, 4, 5, 6, 7, 8];

/** What operand I must be: as many axes as it has labels, and equal dims where labels are equal. */
export type OperandFit<Q extends string, R extends readonly In[], I> = string extends Q
  ? In<readonly number[], Float>
  : LabelsOf<Q, I> extends infer L extends readonly string[]
    ? ShapeAt<R, I>["length"] extends L["length"]
      ? In<Sizes<L, DimsOf<Q, R>>, I extends "0" ? Float : DTypeOf<R[0]>>
      : ShapeError<WrongRank<Q, Position<I> & number, ShapeAt<R, I>, L["length"]>>
    : unknown;

/** The shape of the result. */
export type EinsumShape<Q extends string, R> = string extends Q
  ? // biome-ignore lint/suspicious/noExplicitAny: the labels are known when the program runs
    any
  : Q extends `${string}->${infer Right}`
    ? Chars<Right> extends infer L
      ? { -readonly [I in keyof L]: L[I] extends keyof DimsOf<Q, R> ? DimsOf<Q, R>[L[I]] : never }
      : never
    : never;

/** Sizes by label; throws a `ShapeError` for a wrong rank, or sizes of one label that differ. */
export const sizesByLabel = ({ text, operands }: Equation, shapes: readonly Shape[]): Map<string, number> => {
  const sizes = new Map<string, { readonly size: number; readonly operand: number }>();
  operands.forEach((labels, i) => {
    const shape = shapes[i] as Shape;
    if (labels.length !== shape.length) misfit(wrongRank(text, i + 1, shape, labels.length));
    labels.forEach((label, axis) => {
      const size = shape[axis] as number;
      const first = sizes.get(label) ?? { size, operand: i + 1 };
      if (first.size !== size) {
        misfit(
          `einsum "${text}": label ${label} is ${first.size} in operand ${first.operand} and ${size} in operand ${i + 1}; axes of one label have one size`,
        );
      }
      sizes.set(label, first);
    });
  });
  return new Map([...sizes].map(([label, { size }]) => [label, size]));
};
