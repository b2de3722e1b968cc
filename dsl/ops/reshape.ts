/** `reshape`: the same elements in the same order, as another shape. */

import type { DivDigits } from "../digits.ts";
import type { AllLiteral, FromDigits, Held, IsExactly, Quotient, Times } from "../dim.ts";
import type { DType } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { misfit, type NotWhole, type Shape, type ShapeError, type Show, type SizeOf, show, sizeOf } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { drawDType, tensorOperand } from "./move.ts";

/** The dims that are not −1. */
type Given<T extends readonly unknown[], Out extends readonly unknown[] = []> = T extends readonly [
  infer Head,
  ...infer Tail,
]
  ? Given<Tail, IsExactly<Head, -1> extends true ? Out : [...Out, Head]>
  : Out;

/** Number of elements as a dim: a literal, a symbol's formula, or unknown. */
type Count<S extends readonly unknown[]> = S extends readonly [infer Head, ...infer Tail]
  ? CountRest<Tail, Head>
  : S extends readonly []
    ? 1
    : number;
type CountRest<S extends readonly unknown[], Product> = S extends readonly [infer Head, ...infer Tail]
  ? CountRest<Tail, Times<Product, Head>>
  : Product;

/** T with what the others leave of S in place of −1. A dim that is a type parameter is none (`Held`). */
type Reshaped<S extends readonly unknown[], T extends readonly unknown[], Yes> = {
  -readonly [K in keyof T]: Held<IsExactly<T[K], -1>> extends Held<Yes> ? Left<S, Given<T>> : T[K];
};
type Left<S extends readonly unknown[], G extends readonly unknown[]> =
  AllLiteral<[...S, ...G]> extends true ? FromDigits<Division<Unshared<S, G>>[0]> : Quotient<Count<S>, Count<G>>;

/** Literal shapes without the dims that both begin or end with, so that small numbers are multiplied. */
type Unshared<S extends readonly unknown[], T extends readonly unknown[]> = S extends readonly [infer A, ...infer RestS]
  ? T extends readonly [infer B, ...infer RestT]
    ? A extends Exclude<B, 0>
      ? Unshared<RestS, RestT>
      : UnsharedEnd<S, T>
    : [S, T]
  : [S, T];
type UnsharedEnd<S extends readonly unknown[], T extends readonly unknown[]> = S extends readonly [
  ...infer RestS,
  infer A,
]
  ? T extends readonly [...infer RestT, infer B]
    ? A extends Exclude<B, 0>
      ? UnsharedEnd<RestS, RestT>
      : [S, T]
    : [S, T]
  : [S, T];
type SameSize<P> = P extends [infer S extends readonly unknown[], infer T extends readonly unknown[]]
  ? SizeOf<S> extends SizeOf<T>
    ? true
    : false
  : never;
/** The quotient of two sizes and its remainder, as digits. */
type Division<P> = P extends [infer S extends readonly unknown[], infer T extends readonly unknown[]]
  ? DivDigits<SizeOf<S>, SizeOf<T>>
  : never;

type ReshapeFit<S extends readonly unknown[], T extends readonly unknown[]> =
  AllLiteral<T> extends true ? GivenFit<S, T, Given<T>> : unknown;
type GivenFit<S extends readonly unknown[], T extends readonly unknown[], G extends readonly unknown[]> = [
  NotWhole<G[number]>,
] extends [never]
  ? G["length"] extends T["length"]
    ? AllLiteral<S> extends true
      ? SameSize<Unshared<S, T>> extends true
        ? unknown
        : ShapeError<CountMisfit<S, T>>
      : unknown
    : [...G, -1]["length"] extends T["length"]
      ? AllLiteral<S> extends true
        ? 0 extends G[number]
          ? ShapeError<RestMisfit<S, T, G>>
          : Division<Unshared<S, G>> extends [string, "0"]
            ? unknown
            : ShapeError<RestMisfit<S, T, G>>
        : unknown
      : ShapeError<TwoUnknown<T>>
  : ShapeError<DimMisfit<T>>;

type DimMisfit<T> = `reshape: ${Show<T>} is not a shape; dims are whole numbers from 0 up, and one may be -1`;
const dimMisfit = (shape: Shape): string =>
  `reshape: ${show(shape)} is not a shape; dims are whole numbers from 0 up, and one may be -1`;

type TwoUnknown<T> = `reshape: ${Show<T>} has more than one -1; give all dims but one`;
const twoUnknown = (shape: Shape): string => `reshape: ${show(shape)} has more than one -1; give all dims but one`;

type CountMisfit<
  S extends readonly unknown[],
  T extends readonly unknown[],
> = `reshape: ${Show<S>} has ${SizeOf<S>} elements, ${Show<T>} has ${SizeOf<T>}; the counts must be equal, and -1 stands for what is left`;
const countMisfit = (from: Shape, shape: Shape): string =>
  `reshape: ${show(from)} has ${sizeOf(from)} elements, ${show(shape)} has ${sizeOf(shape)}; the counts must be equal, and -1 stands for what is left`;

type RestMisfit<
  S extends readonly unknown[],
  T extends readonly unknown[],
  G extends readonly unknown[],
> = `reshape: ${Show<S>} has ${SizeOf<S>} elements, which the ${SizeOf<G>} of ${Show<T>} without -1 do not divide`;
const restMisfit = (from: Shape, shape: Shape, rest: number): string =>
  `reshape: ${show(from)} has ${sizeOf(from)} elements, which the ${rest} of ${show(shape)} without -1 do not divide`;

/** The shape with −1 replaced. */
const resolve = (from: Shape, shape: Shape): Shape => {
  const given = shape.filter((dim) => dim !== -1);
  if (given.some((dim) => !Number.isInteger(dim) || dim < 0)) misfit(dimMisfit(shape));
  if (given.length < shape.length - 1) misfit(twoUnknown(shape));
  const rest = sizeOf(given);
  if (given.length === shape.length) return rest === sizeOf(from) ? shape : misfit(countMisfit(from, shape));
  if (rest === 0 || sizeOf(from) % rest !== 0) misfit(restMisfit(from, shape, rest));
  return shape.map((dim) => (dim === -1 ? sizeOf(from) / rest : dim));
};

type Reshape = <S extends Shape, D extends DType, const T extends Shape>(
  x: In<S, D>,
  shape: T & ReshapeFit<S, T>,
) => Tensor<Reshaped<S, T, true>, D>;

/**
 * The same elements in the same row-major order, as another shape; one dim may be −1, for what the others leave.
 * @throws ShapeError where the numbers of elements differ.
 */
export const reshape: Op<Reshape> = op<Reshape>(
  {
    name: "reshape",
    kind: "move",
    law: "S, T → T, equal numbers of elements",
    formula: "elements in row-major order",
    gradient: "ct, reshaped back",
    example: "reshape(iota(6), [2, -1])",
    draw: (draw) => {
      const from = draw.shape();
      const size = sizeOf(from);
      const halves = size % 2 === 0 ? [[2, size / 2]] : [];
      const guesses = size === 0 ? [] : [[-1], [...from, -1], from.map((dim, axis) => (axis === 0 ? -1 : dim))];
      const shape = draw.oneOf([[size], [...from].reverse(), [1, ...from], [...from, 1], ...halves, ...guesses]);
      return [draw.tensor(from, { dtype: drawDType(draw) }), shape];
    },
  },
  ((x: AnyTensor, shape: Shape) =>
    reshapeTo(tensorOperand("reshape", x), resolve(x.shape, shape))) as unknown as Reshape,
);
