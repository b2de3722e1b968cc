/** `argmax` and `argmin`: where the largest and the smallest element are. */

import type { IsExactly } from "../dim.ts";
import { isFloat, type Numeric } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Expression, input } from "../scalar/expression.ts";
import { equal, notEqual, or, select } from "../scalar/index.ts";
import { type HasRank, misfit, normalizeAxis, type Shape, type ShapeError, type Show, show, sizeOf } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";
import type { AxesFit, Reduced } from "./axes.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";
import { applyExpression, scalarTypeOf } from "./elementwise.ts";
import { placesAlong } from "./make.ts";
import { maxPrimitive, minPrimitive } from "./reduce.ts";
import { checkReduced, isNumeric, type ReduceOptions } from "./reduction.ts";

/** Refuses tensors of which none of the elements is the largest, since there is none. */
type SomeFit<Name extends string, S extends readonly unknown[]> =
  HasRank<S> extends true
    ? true extends { [K in keyof S]: IsExactly<S[K], 0> }[number]
      ? ShapeError<NoneMisfit<Name, S>>
      : unknown
    : unknown;
type NoneMisfit<Name extends string, S> = `${Name}: ${Show<S>} has no elements, and so no place to give`;
const noneMisfit = (name: string, shape: Shape): string =>
  `${name}: ${show(shape)} has no elements, and so no place to give`;

type ArgExtremum<Name extends string> = <
  S extends Shape,
  D extends Numeric,
  const X extends number | undefined = undefined,
  Keep extends boolean = false,
>(
  x: In<S, D> & SomeFit<Name, S>,
  axis?: X & AxesFit<Name, S, X>,
  options?: ReduceOptions<Keep>,
) => Tensor<Reduced<S, X, Keep>, "i32">;

/** The first place along an axis, which stays with length 1, of the extremum, or of a NaN: the smallest place of all that equal it. */
const firstPlace = (name: string, extremum: typeof maxPrimitive, x: AnyTensor, axis: number): AnyTensor => {
  const best = expandTo(apply(extremum, { axes: [axis] }, [x]), x.shape);
  const type = scalarTypeOf(x.dtype);
  const [element, wanted, place] = [input(0, type), input(1, type), input(2, "i32")];
  const isBest: Expression = equal.of(element, wanted);
  const hit = isFloat(x.dtype) ? or.of(isBest, notEqual.of(element, element)) : isBest;
  const places = applyExpression(name, select.of(hit, place, x.shape[axis] as number), "i32", [
    x,
    best,
    placesAlong(x.shape, axis),
  ]);
  return apply(minPrimitive, { axes: [axis] }, [places]);
};

const argExtremum =
  (name: string, extremum: typeof maxPrimitive) =>
  (x: AnyTensor, axis?: number, options?: ReduceOptions<boolean>): AnyTensor => {
    checkReduced(name, x, isNumeric);
    const shape: Shape = x.shape;
    const along = axis === undefined ? undefined : normalizeAxis(name, shape, axis);
    if (sizeOf(shape) === 0) misfit(noneMisfit(name, shape));
    const found =
      along === undefined
        ? firstPlace(name, extremum, reshapeTo(x, [sizeOf(shape)]), 0)
        : firstPlace(name, extremum, x, along);
    return reshapeTo(
      found,
      shape.flatMap((dim, place) => (along === undefined || place === along ? (options?.keepDims ? [1] : []) : [dim])),
    );
  };

const law = "S, axis → S without the axis, or with 1 in its place; of i32";

const drawAlong = (draw: Draw): readonly unknown[] => {
  const shape = draw.shape({ minDim: 1 });
  const rank = shape.length;
  const x = draw.tensor(shape, draw.oneOf([{ distinct: true }, { dtype: "i32", below: 3 }] as const));
  const axis = rank === 0 ? undefined : draw.oneOf([undefined, draw.integer(-rank, rank - 1)]);
  const keepDims = draw.oneOf([undefined, true, false]);
  return keepDims === undefined ? (axis === undefined ? [x] : [x, axis]) : [x, axis, { keepDims }];
};

/**
 * Where along an axis the largest element is: the first of equal ones. Without an axis, the place among all elements in
 * row-major order. Of NaN, where there is one, the first.
 *
 * Shapes: S → S without the axis, of i32.
 * @throws ShapeError for an axis that x does not have, and where there are no elements
 */
export const argmax: Op<ArgExtremum<"argmax">> = op<ArgExtremum<"argmax">>(
  {
    name: "argmax",
    kind: "reduce",
    law,
    formula: "the smallest i with x[i] = max x",
    gradient: "none",
    example: "argmax(tensor([[1, 5], [7, 3]]), 1)",
    draw: drawAlong,
  },
  argExtremum("argmax", maxPrimitive) as unknown as ArgExtremum<"argmax">,
);

/** Where along an axis the smallest element is, as `argmax` of the largest. */
export const argmin: Op<ArgExtremum<"argmin">> = op<ArgExtremum<"argmin">>(
  {
    name: "argmin",
    kind: "reduce",
    law,
    formula: "the smallest i with x[i] = min x",
    gradient: "none",
    example: "argmin(tensor([1, 0, 0]))",
    draw: drawAlong,
  },
  argExtremum("argmin", minPrimitive) as unknown as ArgExtremum<"argmin">,
);
