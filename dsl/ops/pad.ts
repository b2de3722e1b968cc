/** `pad`: a constant around a tensor, and less of it where a width is negative. */

import type { AllLiteral, Minus, Plus } from "../dim.ts";
import { type DType, DTypeError, intRange, isInt } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { type HasRank, misfit, type Shape, type ShapeError, type Show, show } from "../shape.ts";
import { type AnyTensor, describe, type In, type Tensor } from "../tensor.ts";
import { drawDType, tensorOperand } from "./move.ts";
import { padTo } from "./window.ts";

type Widths = readonly (readonly [low: number, high: number])[];

/** D and N more, or fewer; a dim that is a type parameter stays as it is for 0. */
type Shift<D, N> = N extends 0
  ? D
  : `${N & number}` extends `-${infer Less extends number}`
    ? Minus<D, Less>
    : Plus<D, N>;

/** What grows goes first, so that no step in between is negative. */
type PaddedDim<D, Low, High> = `${Low & number}` extends `-${string}`
  ? Shift<Shift<D, High>, Low>
  : Shift<Shift<D, Low>, High>;

type Padded<S extends readonly unknown[], W extends Widths> = number extends W["length"]
  ? // biome-ignore lint/suspicious/noExplicitAny: the widths are known when the program runs
    { -readonly [K in keyof S]: any }
  : { -readonly [K in keyof S]: W[K & keyof W] extends readonly [infer L, infer H] ? PaddedDim<S[K], L, H> : S[K] };

type WidthsFit<S extends readonly unknown[], W extends Widths> = number extends W["length"]
  ? unknown
  : [NotInteger<W[number][number]>] extends [never]
    ? HasRank<S> extends true
      ? W["length"] extends S["length"]
        ? FirstCrop<S, S, W>
        : ShapeError<CountMisfit<S, W>>
      : unknown
    : ShapeError<WidthMisfit<NotInteger<W[number][number]>>>;

type NotInteger<N> = N extends number ? (number extends N ? never : `${N}` extends `${bigint}` ? never : N) : never;

/** The first axis of which less than nothing would be left. */
type FirstCrop<S, Rest, W, Place extends readonly unknown[] = []> = Rest extends readonly [infer D, ...infer Dims]
  ? W extends readonly [readonly [infer L, infer H], ...infer Others]
    ? AllLiteral<[D, L, H]> extends true
      ? [PaddedDim<D, L, H>] extends [never]
        ? ShapeError<CropMisfit<S, Place["length"], D, L, H>>
        : FirstCrop<S, Dims, Others, [...Place, 0]>
      : FirstCrop<S, Dims, Others, [...Place, 0]>
    : unknown
  : unknown;

type WidthMisfit<N extends number> = `pad: width ${N} is not a whole number`;
const widthMisfit = (width: number): string => `pad: width ${width} is not a whole number`;

type CountMisfit<
  S extends readonly unknown[],
  W extends Widths,
> = `pad: ${W["length"]} pairs of widths for ${Show<S>}; give a pair [low, high] for each of its ${S["length"]} axes`;
const countMisfit = (shape: Shape, widths: Widths): string =>
  `pad: ${widths.length} pairs of widths for ${show(shape)}; give a pair [low, high] for each of its ${shape.length} axes`;

type CropMisfit<
  S,
  X extends number,
  D,
  L,
  H,
> = `pad: widths ${Show<[L, H]>} take more than axis ${X} of ${Show<S>} has, ${D & number}; crop less`;
const cropMisfit = (shape: Shape, axis: number, [low, high]: Widths[number]): string =>
  `pad: widths ${show([low, high])} take more than axis ${axis} of ${show(shape)} has, ${shape[axis]}; crop less`;

interface PadOptions<D extends DType> {
  /** What stands around x: 0, or false, by default. */
  readonly value?: ["bool"] extends [D] ? number | boolean : number;
}

type Pad = <S extends Shape, D extends DType, const W extends Widths>(
  x: In<S, D>,
  widths: W & WidthsFit<S, W>,
  options?: PadOptions<NoInfer<D>>,
) => Tensor<Padded<S, W>, D>;

/** The value as an element of the dtype; for bool a number is true unless it is 0. */
const fillValue = (x: AnyTensor, value: number | boolean): number => {
  const { dtype }: { dtype: DType } = x;
  if (dtype === "bool") return value === false || value === 0 ? 0 : 1;
  if (typeof value !== "number")
    throw new DTypeError(`pad: the value is ${value}, and must be a number beside ${describe(x)}`);
  if (isInt(dtype)) {
    const [least, most] = intRange(dtype);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new DTypeError(`pad: ${value} is no ${dtype}; cast the tensor, or round the number`);
  }
  return value;
};

/**
 * x with `value` around it: `low` elements before and `high` after it along each axis, one pair [low, high] an axis. A
 * negative width crops: `pad(image, [[0, 0], [0, 0], [1, 1], [1, 1]])`, `pad(x, [[-1, 0]], { value: 1 })`.
 * @throws ShapeError where pairs are missing or less than nothing would be left; DTypeError where the value is no element.
 */
export const pad: Op<Pad> = op<Pad>(
  {
    name: "pad",
    kind: "move",
    law: "S, [low, high]… → [S[0] + low₀ + high₀, …]",
    formula: "out[low + i] = x[i], value elsewhere",
    gradient: "ct without the padding",
    draw: (draw) => {
      const shape = draw.shape();
      const dtype = drawDType(draw);
      const x = draw.tensor(shape, { dtype });
      const widths = shape.map((dim) => {
        const low = draw.integer(-dim, 2);
        return [low, draw.integer(-dim - Math.min(low, 0), 2)];
      });
      const value = dtype === "bool" ? draw.oneOf([true, false]) : draw.oneOf(isInt(dtype) ? [0, 3] : [0, 0.5, -2]);
      return draw.oneOf([
        [x, widths],
        [x, widths, { value }],
      ]);
    },
  },
  ((x: AnyTensor, widths: Widths, options: PadOptions<DType> = {}) => {
    const { shape }: { shape: Shape } = tensorOperand("pad", x);
    for (const pair of widths) if (pair.length !== 2) misfit(`pad: ${show(pair)} is no pair of widths [low, high]`);
    for (const width of widths.flat()) if (!Number.isInteger(width)) misfit(widthMisfit(width));
    if (widths.length !== shape.length) misfit(countMisfit(shape, widths));
    widths.forEach(([low, high], axis) => {
      if ((shape[axis] as number) + low + high < 0) misfit(cropMisfit(shape, axis, [low, high]));
    });
    return padTo(x, {
      low: widths.map(([low]) => low),
      high: widths.map(([, high]) => high),
      interior: shape.map(() => 0),
      value: fillValue(x, options.value ?? 0),
    });
  }) as unknown as Pad,
);
