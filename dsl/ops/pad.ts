/** `pad`: elements around a tensor, and less of it where a width is negative. */

import type { AllLiteral, Minus, Plus } from "../dim.ts";
import { type DType, DTypeError, intRange, isInt } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { type HasRank, misfit, type Shape, type ShapeError, type Show, show, withDim } from "../shape.ts";
import { type AnyTensor, describe, type In, type Tensor } from "../tensor.ts";
import { expandTo } from "./broadcast.ts";
import { concatAlong } from "./join.ts";
import { drawDType, flipOver, tensorOperand } from "./move.ts";
import { padTo, sliceAxis } from "./window.ts";

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

const modes = ["constant", "reflect", "replicate"] as const;
type Mode = (typeof modes)[number];

type WidthsFit<S extends readonly unknown[], W extends Widths, M extends Mode> = number extends W["length"]
  ? unknown
  : [NotInteger<W[number][number]>] extends [never]
    ? HasRank<S> extends true
      ? W["length"] extends S["length"]
        ? FirstMisfit<S, S, W, M>
        : ShapeError<CountMisfit<S, W>>
      : unknown
    : ShapeError<WidthMisfit<NotInteger<W[number][number]>>>;

type NotInteger<N> = N extends number ? (number extends N ? never : `${N}` extends `${bigint}` ? never : N) : never;

/** The first axis of which less than nothing would be left, or that has not the elements to put around it. */
type FirstMisfit<S, Rest, W, M, Place extends readonly unknown[] = []> = Rest extends readonly [infer D, ...infer Dims]
  ? W extends readonly [readonly [infer L, infer H], ...infer Others]
    ? AllLiteral<[D, L, H]> extends true
      ? [PaddedDim<D, L, H>] extends [never]
        ? ShapeError<CropMisfit<S, Place["length"], D, L, H>>
        : [Reaches<D, L, M> | Reaches<D, H, M>] extends [true]
          ? FirstMisfit<S, Dims, Others, M, [...Place, 0]>
          : ShapeError<ReachMisfit<S, Place["length"], L, H, M & string>>
      : FirstMisfit<S, Dims, Others, M, [...Place, 0]>
    : unknown
  : unknown;

/** Whether D elements have enough to put N of them around: what is reflected does not repeat the end. */
type Reaches<D, N, M> = M extends "constant"
  ? true
  : `${N & number}` extends "0" | `-${string}`
    ? true
    : M extends "reflect"
      ? [Minus<D, Plus<N, 1>>] extends [never]
        ? false
        : true
      : D extends 0
        ? false
        : true;
const reaches = (dim: number, width: number, mode: Mode): boolean =>
  mode === "constant" || width <= 0 || (mode === "reflect" ? width < dim : dim > 0);

type ReachMisfit<
  S,
  X extends number,
  L,
  H,
  M extends string,
> = `pad: axis ${X} of ${Show<S>} has not enough elements to ${M} for widths ${Show<[L, H]>}; pad less, or with a value`;
const reachMisfit = (shape: Shape, axis: number, [low, high]: Widths[number], mode: Mode): string =>
  `pad: axis ${axis} of ${show(shape)} has not enough elements to ${mode} for widths ${show([low, high])}; pad less, or with a value`;

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

interface PadOptions<D extends DType, M extends Mode> {
  /**
   * What stands around x: a `"constant"`, by default; what it has on the other side of its end, as in a mirror that stands
   * on the last element (`"reflect"`); or its last element (`"replicate"`).
   */
  readonly mode?: M;
  /** The constant: 0, or false, by default. */
  readonly value?: M extends "constant" ? (["bool"] extends [D] ? number | boolean : number) : never;
}

type Pad = <S extends Shape, D extends DType, const W extends Widths, const M extends Mode = "constant">(
  x: In<S, D>,
  widths: W & WidthsFit<S, W, M>,
  options?: PadOptions<NoInfer<D>, M>,
) => Tensor<Padded<S, W>, D>;

/** What stands before the first or after the last element of an axis. */
const edge = (x: AnyTensor, axis: number, side: "low" | "high", width: number, mode: Mode): AnyTensor => {
  const last = x.shape[axis] - 1;
  if (mode === "replicate")
    return expandTo(sliceAxis(x, axis, side === "low" ? 0 : last, 1), withDim(x.shape, axis, width));
  return flipOver(sliceAxis(x, axis, side === "low" ? 1 : last - width, width), [axis]);
};

/** An axis with its own elements around it, cropped where a width is negative. */
const extendAxis = (x: AnyTensor, axis: number, [low, high]: Widths[number], mode: Mode): AnyTensor => {
  const parts = [
    ...(low > 0 ? [edge(x, axis, "low", low, mode)] : []),
    x,
    ...(high > 0 ? [edge(x, axis, "high", high, mode)] : []),
  ];
  return sliceAxis(concatAlong(parts, axis), axis, Math.max(0, -low), x.shape[axis] + low + high);
};

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
 * negative width crops: `pad(image, [[0, 0], [0, 0], [1, 1], [1, 1]])`, `pad(x, [[-1, 0]], { value: 1 })`,
 * `pad(x, [[2, 2]], { mode: "reflect" })`.
 * @throws ShapeError where pairs are missing, less than nothing would be left, or an axis has too few elements to put around
 * it; DTypeError where the value is no element.
 */
export const pad: Op<Pad> = op<Pad>(
  {
    name: "pad",
    kind: "move",
    law: "S, [low, high]… → [S[0] + low₀ + high₀, …]",
    formula: "out[low + i] = x[i]; elsewhere the value, or the element of x that stands for it",
    gradient: "ct without the padding, and of elements that stand elsewhere what they have there",
    example: 'pad(tensor([1, 2, 3]), [[2, 1]], { mode: "reflect" })',
    draw: (draw) => {
      const shape = draw.shape();
      const dtype = drawDType(draw);
      const x = draw.tensor(shape, { dtype });
      const mode = draw.oneOf(["constant", ...modes] as const);
      const widths = shape.map((dim) => {
        const most = mode === "reflect" ? Math.min(2, Math.max(0, dim - 1)) : 2;
        const low = draw.integer(-dim, most);
        return [low, draw.integer(-dim - Math.min(low, 0), most)];
      });
      if (mode !== "constant") return [x, widths, { mode }];
      const value = dtype === "bool" ? draw.oneOf([true, false]) : draw.oneOf(isInt(dtype) ? [0, 3] : [0, 0.5, -2]);
      return draw.oneOf([
        [x, widths],
        [x, widths, { value }],
      ]);
    },
  },
  ((x: AnyTensor, widths: Widths, options: PadOptions<DType, Mode> = {}) => {
    const { shape }: { shape: Shape } = tensorOperand("pad", x);
    const { mode = "constant", value } = options;
    if (!modes.includes(mode)) misfit(`pad: ${mode} is no mode; they are ${modes.join(", ")}`);
    if (mode !== "constant" && value !== undefined)
      misfit(`pad: the value ${value} stands nowhere in mode ${mode}; leave one of them out`);
    for (const pair of widths) if (pair.length !== 2) misfit(`pad: ${show(pair)} is no pair of widths [low, high]`);
    for (const width of widths.flat()) if (!Number.isInteger(width)) misfit(widthMisfit(width));
    if (widths.length !== shape.length) misfit(countMisfit(shape, widths));
    widths.forEach(([low, high], axis) => {
      const dim = shape[axis] as number;
      if (dim + low + high < 0) misfit(cropMisfit(shape, axis, [low, high]));
      if (!reaches(dim, low, mode) || !reaches(dim, high, mode)) misfit(reachMisfit(shape, axis, [low, high], mode));
    });
    if (mode !== "constant") return widths.reduce((x, pair, axis) => extendAxis(x, axis, pair, mode), x);
    return padTo(x, {
      low: widths.map(([low]) => low),
      high: widths.map(([, high]) => high),
      interior: shape.map(() => 0),
      value: fillValue(x, value ?? 0),
    });
  }) as unknown as Pad,
);
