/** `resize`: images at other sizes, each axis resampled by itself. */

import { type DType, DTypeError, isFloat } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { input } from "../scalar/expression.ts";
import { add, greater, mul, select, sub } from "../scalar/index.ts";
import { misfit, type PositiveFit, type Shape, show, withDim } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import { reshapeTo, sumOver } from "./broadcast.ts";
import { composite } from "./composite.ts";
import { applyExpression } from "./elementwise.ts";
import { vectorAlong } from "./make.ts";
import { drawDType, tensorOperand } from "./move.ts";
import { pickAlong } from "./pick.ts";
import type { Spatial } from "./pool-options.ts";
import { checkNames, type EntryAt, type NamesFit, type PerAxis, positivePerAxis } from "./spatial.ts";

const modes = ["nearest", "bilinear", "area"] as const;
type Mode = (typeof modes)[number];

/** Where the place i of n lies among m, for bilinear interpolation; what lies outside is at the end. */
const coordinates = {
  /** Elements are cells, and cells have centres. */
  halfPixel: (i: number, m: number, n: number): number => ((i + 0.5) * m) / n - 0.5,
  /** Elements are points, the first of both in one place: TensorFlow 1's rule, which the Inception network of FID needs. */
  asymmetric: (i: number, m: number, n: number): number => (i * m) / n,
  /** Elements are points, the first and the last of both in one place. */
  alignCorners: (i: number, m: number, n: number): number => (n === 1 ? 0 : (i * (m - 1)) / (n - 1)),
} as const;
type Coordinates = keyof typeof coordinates;

interface ResizeOptions {
  /** `"halfPixel"` by default; `"asymmetric"` is TensorFlow 1's, as FID needs. Read in mode `"bilinear"` alone. */
  readonly coordinates?: Coordinates;
}

type Resized<X extends readonly unknown[], Z> = { -readonly [I in keyof X]: EntryAt<Z, I> };

type SizeFit<X, Z> = AxisFit<X, Z, "0"> & AxisFit<X, Z, "1"> & AxisFit<X, Z, "2">;
type AxisFit<X, Z, I> = I extends keyof X ? PositiveFit<"resize", "the size", EntryAt<Z, I>> : unknown;

/** Refuses means of what is no float. A table, so that it holds where D is a type parameter. */
interface ModeFit<M extends Mode> {
  readonly f32: unknown;
  readonly f16: unknown;
  readonly i32: M extends "nearest" ? unknown : DTypeError<DTypeMisfit<M, "i32">>;
  readonly u32: M extends "nearest" ? unknown : DTypeError<DTypeMisfit<M, "u32">>;
  readonly bool: M extends "nearest" ? unknown : DTypeError<DTypeMisfit<M, "bool">>;
}
type DTypeMisfit<
  M extends Mode,
  D extends DType,
> = `resize: ${M} is of floats, and x of ${D}; cast it, or take nearest`;
const dtypeMisfit = (mode: Mode, dtype: DType): string =>
  `resize: ${mode} is of floats, and x of ${dtype}; cast it, or take nearest`;

type Resize = <
  B extends number,
  C extends number,
  X extends Spatial,
  D extends DType,
  const Z extends PerAxis<X, number>,
  const M extends Mode,
  const O extends ResizeOptions = Record<never, never>,
>(
  x: In<readonly [B, C, ...X], D>,
  size: Z & SizeFit<X, Z>,
  mode: M & ModeFit<M>[D],
  options?: O & NamesFit<"resize", O, ResizeOptions, "coordinates">,
) => Tensor<[B, C, ...Resized<X, Z>], D>;

/** Elements at ⌊i · m / n⌋. */
const nearestAlong = (x: AnyTensor, axis: number, length: number): AnyTensor => {
  const own: number = x.shape[axis];
  return pickAlong(
    x,
    axis,
    Array.from({ length }, (_, i) => Math.floor((i * own) / length)),
  );
};

/** The places before and after, by how near they are. At an end the one outside has a share of 0. */
const bilinearAlong = (x: AnyTensor, axis: number, length: number, rule: Coordinates): AnyTensor => {
  const own: number = x.shape[axis];
  const places = Array.from({ length }, (_, i) => coordinates[rule](i, own, length));
  const firsts = places.map(Math.floor);
  const shares = places.map((place, i) => {
    const first = firsts[i] as number;
    return first < 0 ? 1 : first + 1 < own ? place - first : 0;
  });
  const before = pickAlong(x, axis, firsts);
  const after = pickAlong(
    x,
    axis,
    firsts.map((first) => first + 1),
  );
  const [a, b, share] = [input(0), input(1), input(2)];
  const between = add.of(mul.of(a, sub.of(1, share)), mul.of(b, share));
  return applyExpression("resize", between, x.dtype, [before, after, vectorAlong(before, axis, shares)]);
};

/** The mean from ⌊i · m / n⌋ up to but without ⌈(i + 1) · m / n⌉. */
const areaAlong = (x: AnyTensor, axis: number, length: number): AnyTensor => {
  const shape: Shape = x.shape;
  const own = shape[axis] as number;
  const starts = Array.from({ length }, (_, i) => Math.floor((i * own) / length));
  const counts = starts.map((start, i) => Math.ceil(((i + 1) * own) / length) - start);
  const most = Math.max(...counts);
  // Side by side they are parts of the axis; else a shorter one takes what it lacks from elsewhere, without weight.
  const even = own % length === 0;
  const places = starts.flatMap((start) => Array.from({ length: most }, (_, k) => Math.min(start + k, own - 1)));
  const weights = counts.flatMap((count) => Array.from({ length: most }, (_, k) => (k < count ? 1 / count : 0)));
  const covered = even ? x : pickAlong(x, axis, places);
  const [value, weight] = [input(0), input(1)];
  const parts = even ? mul.of(value, 1 / most) : select.of(greater.of(weight, 0), mul.of(value, weight), 0);
  const weighed = applyExpression("resize", parts, x.dtype, [covered, vectorAlong(covered, axis, weights)]);
  const windows = reshapeTo(weighed, shape.toSpliced(axis, 1, length, most));
  return reshapeTo(sumOver(windows, [axis + 1]), withDim(shape, axis, length));
};

const body = composite(
  "resize",
  (x: AnyTensor, size: readonly number[], mode: Mode, rule: Coordinates): AnyTensor =>
    size.reduceRight((resized: AnyTensor, length, i) => {
      const axis = i + 2;
      if (resized.shape[axis] === length) return resized;
      if (mode === "nearest") return nearestAlong(resized, axis, length);
      return mode === "area" ? areaAlong(resized, axis, length) : bilinearAlong(resized, axis, length, rule);
    }, x),
);

/**
 * x at another size, one for all or each of the axes after the channels: `resize(x, [64, 64], "bilinear")`. Modes:
 * `"nearest"`, x[⌊i · m / n⌋] for a place i of n among m, of any dtype; `"bilinear"`, linear between neighbours along each
 * axis, without antialiasing; `"area"`, the mean of the elements that a place covers in part or whole.
 *
 * Shapes: [B, C, ...X], size → [B, C, ...size].
 * @throws ShapeError; DTypeError for means of what is no float
 */
export const resize: Op<Resize> = op<Resize>(
  {
    name: "resize",
    kind: "composite",
    law: "[B, C, ...X], size → [B, C, ...size]",
    formula: "Σ x · weights of the mode, along each axis",
    gradient: "the sum of ct · weight over the places that read an element",
    example: 'resize(tensor([[[[0, 4]]]]), [1, 4], "bilinear")',
    draw: (draw) => {
      const spatial = draw.oneOf([[4], [5], [4, 3], [3, 5]]);
      const mode = draw.oneOf([...modes, "bilinear"] as const);
      const x = draw.tensor([1, draw.integer(1, 2), ...spatial], mode === "nearest" ? { dtype: drawDType(draw) } : {});
      const size = draw.oneOf([spatial.map(() => draw.integer(1, 6)), draw.integer(1, 8)]);
      const rule = draw.oneOf(["halfPixel", "asymmetric", "alignCorners"] as const);
      return draw.oneOf([
        [x, size, mode],
        [x, size, mode, { coordinates: rule }],
      ]);
    },
  },
  ((x: AnyTensor, size: number | readonly number[], mode: Mode, options: ResizeOptions = {}): AnyTensor => {
    const { shape, dtype }: { shape: Shape; dtype: DType } = tensorOperand("resize", x);
    if (shape.length < 3)
      misfit(`resize: ${show(shape)} has rank ${shape.length}, and must be [B, C, …] with a spatial axis; reshape it`);
    if (!modes.includes(mode)) misfit(`resize: ${mode} is no mode; they are ${modes.join(", ")}`);
    if (mode !== "nearest" && !isFloat(dtype)) throw new DTypeError(dtypeMisfit(mode, dtype));
    checkNames("resize", options, "coordinates");
    const { coordinates: rule = "halfPixel" } = options;
    if (!(rule in coordinates))
      misfit(`resize: coordinates are ${rule}, and must be one of ${Object.keys(coordinates).join(", ")}`);
    const sizes = positivePerAxis("resize", "the size", size, shape.length - 2);
    if (shape.slice(2).includes(0))
      misfit(`resize: ${show(shape)} has a spatial axis of length 0, which has no elements`);
    return body(x, sizes, mode, rule);
  }) as unknown as Resize,
);
