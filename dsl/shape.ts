/**
 * Shapes: their types, the one broadcasting rule, and the error of a shape that does not fit.
 *
 * A rule that is more than equality of dims has its message twice, as a type and as a function of the same name side by
 * side, so that the checker and a running program say one text.
 */

import type { MulDigits } from "./digits.ts";
import type { AllLiteral, Digits, DimKind, IsLiteral, ShowDim } from "./dim.ts";

export type Shape = readonly number[];

/** A shape that does not fit. As a parameter type it refuses the argument and carries the text. */
export class ShapeError<Message extends string = string> extends Error {
  override readonly name = "ShapeError";
  declare readonly text: Message;
}

/** Throws a `ShapeError`. */
export const misfit = (text: string): never => {
  throw new ShapeError(text);
};

/** `[2, 3]` as a message shows it. */
export type Show<S> = S extends readonly [infer Head, ...infer Tail]
  ? `[${ShowTail<Tail, ShowDim<Head>>}]`
  : S extends readonly []
    ? "[]"
    : "[...]";
type ShowTail<S extends readonly unknown[], Out extends string> = S extends readonly [infer Head, ...infer Tail]
  ? ShowTail<Tail, `${Out}, ${ShowDim<Head>}`>
  : Out;
export const show = (shape: Shape): string => `[${shape.join(", ")}]`;

/** The shapes that broadcast into S: the same rank, each dim equal or 1. A mapped tuple, so generic dims stay as they are. */
export type Into<S> = { readonly [Axis in keyof S]: S[Axis] | 1 };

/** Number of elements as digits, or "unknown" where a dim is no literal. */
export type SizeOf<S extends readonly unknown[], Out extends string = "1"> = S extends readonly [
  infer Head,
  ...infer Tail,
]
  ? DimKind<Head> extends "literal"
    ? SizeOf<Tail, MulDigits<Out, Digits<Head>>>
    : "unknown"
  : S extends readonly []
    ? Out
    : "unknown";
export const sizeOf = (shape: Shape): number => shape.reduce((size, dim) => size * dim, 1);

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** Steps between neighbours along each axis, row-major, in elements. */
export const stridesOf = (shape: Shape): number[] => {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return strides;
};

/** Throws unless `shape` is a list of whole numbers from 0 up. */
export const checkShape = (op: string, shape: Shape): Shape => {
  for (const dim of shape) {
    if (!Number.isInteger(dim) || dim < 0)
      misfit(`${op}: ${show(shape)} is not a shape; dims are whole numbers from 0 up`);
  }
  return shape;
};

/** Axis counted from 0; negative axes count from the end. */
export const normalizeAxis = (op: string, shape: Shape, axis: number): number => {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) misfit(axisMisfit(op, axis, shape));
  return axis < 0 ? axis + rank : axis;
};
export type Axis<S extends readonly unknown[], X> = `${X & number}` extends `-${infer Back}` ? FromEnd<S, Back> : X;
type FromEnd<S extends readonly unknown[], Back> = S extends readonly [...infer Front, unknown]
  ? Back extends "1"
    ? Front["length"]
    : FromEnd<Front, Back extends keyof Before ? Before[Back] : never>
  : never;
// biome-ignore format: keys are strings, as digits of a template are
interface Before { "2": "1"; "3": "2"; "4": "3"; "5": "4"; "6": "5"; "7": "6"; "8": "7" }

export type AxisMisfit<
  Op extends string,
  S extends readonly unknown[],
  X,
> = `${Op}: ${X & number} is not an axis of ${Show<S>}; ${S extends readonly [unknown, ...infer Rest] ? `its axes are 0 to ${Rest["length"]}` : "a tensor of rank 0 has none"}`;
export const axisMisfit = (op: string, axis: number, shape: Shape): string =>
  `${op}: ${axis} is not an axis of ${show(shape)}; ${shape.length > 0 ? `its axes are 0 to ${shape.length - 1}` : "a tensor of rank 0 has none"}`;

/** Refuses literals that are no whole numbers from 1 up. */
export type PositiveFit<Op extends string, What extends string, N> =
  IsLiteral<N> extends true
    ? `${N & number}` extends `-${string}` | `${string}.${string}` | `${string}e-${string}` | "0"
      ? ShapeError<`${Op}: ${What} is ${N & number}, and must be a whole number from 1 up`>
      : unknown
    : unknown;
export const checkPositive = (op: string, what: string, n: number): void => {
  if (!Number.isInteger(n) || n < 1) misfit(`${op}: ${what} is ${n}, and must be a whole number from 1 up`);
};

/** Whether the rank of S is known; false for a type parameter, which checks let pass (`IsLiteral`). */
export type HasRank<S extends readonly unknown[]> = [0] extends [1 & S]
  ? false
  : number extends S["length"]
    ? false
    : true;

/** Refuses an axis that S does not have, where both are known. */
export type AxisFit<Op extends string, S extends readonly unknown[], X> = number extends X
  ? unknown
  : HasRank<S> extends true
    ? [Axis<S, X>] extends [never]
      ? ShapeError<AxisMisfit<Op, S, X>>
      : `${Axis<S, X> & number}` extends keyof S
        ? unknown
        : ShapeError<AxisMisfit<Op, S, X>>
    : unknown;

/** Refuses rank 0, where both rank and axis are known: stands on the tensor of an op whose axis may be left out. */
export type AxesExist<Op extends string, S extends readonly unknown[], X> =
  HasRank<S> extends true ? (S extends readonly [] ? ShapeError<AxisMisfit<Op, S, X>> : unknown) : unknown;

/** The dim of an axis. */
export type DimAt<S extends readonly unknown[], X> = S[Axis<S, X> & keyof S];

/** S with another dim at an axis; every dim is unknown where the axis is. */
export type WithDim<S extends readonly unknown[], X, V> = number extends X
  ? // biome-ignore lint/suspicious/noExplicitAny: which axis changes is known when the program runs
    { -readonly [K in keyof S]: any }
  : { -readonly [K in keyof S]: K extends `${Axis<S, X> & number}` ? V : S[K] };
export const withDim = (shape: Shape, axis: number, dim: number): number[] =>
  shape.map((own, place) => (place === axis ? dim : own));

/** Refuses a list that is no shape: the texts of `checkShape`. */
export type ShapeFit<Op extends string, T extends readonly unknown[]> =
  AllLiteral<T> extends true
    ? [NotWhole<T[number]>] extends [never]
      ? unknown
      : ShapeError<`${Op}: ${Show<T>} is not a shape; dims are whole numbers from 0 up`>
    : unknown;

/** Those of a union of literals that are no whole numbers from 0 up. */
export type NotWhole<N> = N extends number
  ? `${N}` extends `-${string}`
    ? N
    : `${N}` extends `${bigint}`
      ? never
      : N
  : never;

/** Refuses literals that are no whole numbers from 0 up. */
export type NaturalFit<Op extends string, What extends string, N> = `${N & number}` extends
  | `-${string}`
  | `${string}.${string}`
  ? ShapeError<`${Op}: ${What} is ${N & number}, and must be a whole number from 0 up`>
  : unknown;
export const checkNatural = (op: string, what: string, n: number): void => {
  if (!Number.isInteger(n) || n < 0) misfit(`${op}: ${what} is ${n}, and must be a whole number from 0 up`);
};

/** Refuses literals that are no whole numbers. */
export type WholeFit<Op extends string, What extends string, N> =
  IsLiteral<N> extends true
    ? `${N & number}` extends `${bigint}`
      ? unknown
      : ShapeError<`${Op}: ${What} is ${N & number}, and must be a whole number`>
    : unknown;
export const checkWhole = (op: string, what: string, n: number): void => {
  if (!Number.isInteger(n)) misfit(`${op}: ${what} is ${n}, and must be a whole number`);
};
