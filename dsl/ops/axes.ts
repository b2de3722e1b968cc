/** Axes of reductions: one, several, or all, and the shapes that they leave. */

import { type Axis, type AxisMisfit, misfit, normalizeAxis, type Shape, type ShapeError } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";

export type Axes = number | readonly number[];

/** Axes as a tuple; all of them where none are named. */
type AxisTuple<X> = X extends readonly number[] ? X : X extends number ? readonly [X] : readonly [];

/** Axes counted from 0, as a union; `never` for a list without axes. */
type AxisUnion<S extends readonly unknown[], X> =
  AxisTuple<X> extends infer L extends readonly number[] ? { [I in keyof L]: Axis<S, L[I]> }[number] : never;

/** Axes that are no axes of S, or come twice, are refused with the text of run time. */
export type AxesFit<Op extends string, S extends readonly unknown[], X> = [X] extends [undefined]
  ? unknown
  : number extends S["length"]
    ? unknown
    : number extends AxisTuple<X>[number]
      ? unknown
      : FirstMisfit<Op, S, AxisTuple<X>>;
type FirstMisfit<Op extends string, S extends readonly unknown[], L, Seen = never> = L extends readonly [
  infer X,
  ...infer Rest,
]
  ? [Axis<S, X>] extends [never]
    ? ShapeError<AxisMisfit<Op, S, X>>
    : `${Axis<S, X> & number}` extends keyof S
      ? Axis<S, X> extends Seen
        ? ShapeError<AxisTwice<Op, S, X>>
        : FirstMisfit<Op, S, Rest, Seen | Axis<S, X>>
      : ShapeError<AxisMisfit<Op, S, X>>
  : unknown;

type AxisTwice<Op extends string, _S extends readonly unknown[], X> = `${Op}: axis ${X & number} is named twice`;
const axisTwice = (op: string, axis: number): string => `${op}: axis ${axis} is named twice`;

/** S without the axes, or with 1 in their place. */
export type Reduced<S extends readonly unknown[], X, Keep> = [X] extends [undefined]
  ? Keep extends true
    ? Ones<S>
    : []
  : number extends AxisTuple<X>[number]
    ? // biome-ignore lint/suspicious/noExplicitAny: which axes go is known when the program runs
      any
    : Keep extends true
      ? Kept<S, AxisUnion<S, X>>
      : Dropped<S, AxisUnion<S, X>>;
type Ones<S extends readonly unknown[]> = { -readonly [K in keyof S]: 1 };
export type Kept<S extends readonly unknown[], A extends number> = {
  -readonly [K in keyof S]: K extends `${A}` ? 1 : S[K];
};
type Dropped<S extends readonly unknown[], A, Place extends 0[] = [], Out extends unknown[] = []> = S extends readonly [
  infer Head,
  ...infer Tail,
]
  ? Dropped<Tail, A, [...Place, 0], Place["length"] extends A ? Out : [...Out, Head]>
  : Out;

/** Axes counted from 0 in rising order; all of them where none are named. */
export const normalizeAxes = (op: string, x: AnyTensor, axes: Axes | undefined): number[] => {
  const shape: Shape = x.shape;
  if (axes === undefined) return shape.map((_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes).map(
    (axis) => [axis, normalizeAxis(op, shape, axis)] as const,
  );
  list.forEach(([axis, place], i) => {
    if (list.findIndex(([, other]) => other === place) < i) misfit(axisTwice(op, axis));
  });
  return list.map(([, place]) => place).sort((a, b) => a - b);
};
