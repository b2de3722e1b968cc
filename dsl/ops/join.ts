/** Several tensors as one, and back: `concat`, `stack`, `unstack`. */

import type { Held, IsLiteral, Plus, Times } from "../dim.ts";
import { type DType, DTypeError } from "../dtype.ts";
import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import {
  type AxesExist,
  type Axis,
  type AxisFit,
  type DimAt,
  type HasRank,
  misfit,
  normalizeAxis,
  type Shape,
  type ShapeError,
  type Show,
  sameShape,
  show,
  stridesOf,
  type WithDim,
  withDim,
} from "../shape.ts";
import { type AnyTensor, describe, type In, type Tensor } from "../tensor.ts";
import type { Reduced } from "./axes.ts";
import { eachOffset, reshapeTo } from "./broadcast.ts";
import { drawDType, tensorOperand } from "./move.ts";
import { sliceAxis } from "./window.ts";

/** Operands one after the other along an axis; their other dims are equal. */
export const concatPrimitive: Primitive<{ readonly axis: number }> = primitive({
  name: "concat",
  kind: "move",
  infer: ({ axis }, operands) => {
    const { shape, dtype } = operands[0] as TensorType;
    return {
      shape: withDim(
        shape,
        axis,
        operands.reduce((sum, { shape }) => sum + (shape[axis] as number), 0),
      ),
      dtype,
    };
  },
  evaluate: ({ axis }, operands, type) => {
    const out = allocateFor(type);
    const strides = stridesOf(type.shape);
    let start = 0;
    for (const { data, shape } of operands as readonly Dense[]) {
      const write = (i: number, offset: number): void => {
        out[offset] = data[i] as number;
      };
      eachOffset(shape, strides, write, start);
      start += (shape[axis] as number) * (strides[axis] as number);
    }
    return out;
  },
  lower: ({ axis }) => ({ kind: "move", movement: { kind: "concat", axis } }),
  pullback: ({ params: { axis }, operands, ct }, index) => {
    const sizes = operands.map(({ shape }) => shape[axis] as number);
    const start = sizes.slice(0, index).reduce((sum, size) => sum + size, 0);
    return sliceAxis(ct, axis, start, sizes[index] as number);
  },
});

/** Joins tensors that fit; one alone stays as it is. */
export const concatAlong = (tensors: readonly AnyTensor[], axis: number): AnyTensor =>
  tensors.length === 1 ? (tensors[0] as AnyTensor) : apply(concatPrimitive, { axis }, tensors);

/** The dims of a list at an axis, added to a sum from the left. */
type SumAt<T, X, Sum> = T extends readonly [infer Head extends In, ...infer Tail]
  ? SumAt<Tail, X, Plus<Sum, DimAt<Head["shape"], X>>>
  : Sum;

const noTensors = (op: string): string => `${op}: the list is empty; give one tensor at least`;

/** The tensors of a list, which share a dtype. */
const checkList = (op: string, tensors: readonly AnyTensor[]): AnyTensor => {
  if (tensors.length === 0) misfit(noTensors(op));
  const first = tensorOperand(op, tensors[0]);
  for (const tensor of tensors) {
    if (tensorOperand(op, tensor).dtype !== first.dtype)
      throw new DTypeError(
        `${op}: operands ${describe(first)} and ${describe(tensor)} differ in dtype; cast one of them`,
      );
  }
  return first;
};

const drawList = (draw: Draw, shapeOf: () => readonly number[]): AnyTensor[] => {
  const dtype = drawDType(draw);
  return Array.from({ length: draw.integer(1, 3) }, () => draw.tensor(shapeOf(), { dtype }));
};

interface Concat {
  // A list of unknown length: the dim is unknown, too.
  <S extends Shape, D extends DType, const L extends readonly In<S, D>[], const X extends number>(
    tensors: readonly In<S, D>[] & L & (number extends L["length"] ? unknown : never),
    axis: X & AxisFit<"concat", S, X>,
  ): Tensor<WithDim<S, X, Times<DimAt<S, X>, number>>, D>;
  // Last: where no overload fits, the checker says why the last does not.
  <
    S extends Shape,
    D extends DType,
    const R extends readonly In<Readonly<WithDim<S, X, number>>, D>[],
    const X extends number,
  >(
    tensors: readonly [In<S, D>, ...R],
    axis: X & AxisFit<"concat", S, X>,
  ): Tensor<WithDim<S, X, SumAt<R, X, DimAt<S, X>>>, D>;
}

const joinMisfit = (index: number, shape: Shape, first: Shape, axis: number): string => {
  const rule = `concat: operand ${index + 1} is ${show(shape)}, which does not join ${show(first)} along axis ${axis}`;
  if (shape.length !== first.length) return `${rule}: its rank is ${shape.length}, and must be ${first.length}`;
  const other = shape.findIndex((dim, place) => place !== axis && dim !== first[place]);
  return `${rule}: axis ${other} has ${shape[other]}, and must have ${first[other]}`;
};

/**
 * Tensors one after the other along an axis: `concat([h, skip], 1)`. Their other dims, and their dtypes, are equal.
 * @throws ShapeError where they are not, or for an axis that they do not have; DTypeError.
 */
export const concat: Op<Concat> = op<Concat>(
  {
    name: "concat",
    kind: "move",
    law: "[S, …], axis → S with the sum of the dims at the axis",
    formula: "out[…, i, …] = x_k[…, i − Σ dims before k, …]",
    gradient: "the part of ct of each operand",
    example: "concat([tensor([1, 2]), tensor([3])], 0)",
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1 });
      const axis = draw.integer(-shape.length, shape.length - 1);
      return [drawList(draw, () => withDim(shape, axis < 0 ? axis + shape.length : axis, draw.integer(0, 3))), axis];
    },
  },
  ((tensors: readonly AnyTensor[], axis: number) => {
    const first: Shape = checkList("concat", tensors).shape;
    const place = normalizeAxis("concat", first, axis);
    tensors.forEach(({ shape }: { shape: Shape }, index) => {
      if (shape.length !== first.length || !sameShape(withDim(shape, place, 0), withDim(first, place, 0)))
        misfit(joinMisfit(index, shape, first, place));
    });
    return concatAlong(tensors, place);
  }) as unknown as Concat,
);

/** S with a dim put in at an axis. */
type Inserted<S extends readonly unknown[], X, N> = number extends X
  ? // biome-ignore lint/suspicious/noExplicitAny: where the axis goes is known when the program runs
    any
  : X extends 0
    ? [N, ...S]
    : InsertedAt<S, Axis<[...S, N], X>, N>;
type InsertedAt<S extends readonly unknown[], X, N, Out extends readonly unknown[] = []> = Out["length"] extends X
  ? [...Out, N, ...S]
  : S extends readonly [infer Head, ...infer Tail]
    ? InsertedAt<Tail, X, N, [...Out, Head]>
    : never;

type PlaceFit<S extends readonly unknown[], X> = number extends X
  ? unknown
  : HasRank<S> extends true
    ? [Axis<[...S, 1], X>] extends [never]
      ? ShapeError<PlaceMisfit<S, X>>
      : `${Axis<[...S, 1], X> & number}` extends keyof [...S, 1]
        ? unknown
        : ShapeError<PlaceMisfit<S, X>>
    : unknown;
type PlaceMisfit<
  S extends readonly unknown[],
  X,
> = `stack: ${X & number} is no place for an axis beside those of ${Show<S>}; the new one is among 0 to ${S["length"]}`;
const placeMisfit = (shape: Shape, axis: number): string =>
  `stack: ${axis} is no place for an axis beside those of ${show(shape)}; the new one is among 0 to ${shape.length}`;

interface Stack {
  <S extends Shape, D extends DType, const L extends readonly In<S, D>[], const X extends number = 0>(
    tensors: readonly In<S, D>[] & L & (number extends L["length"] ? unknown : never),
    axis?: X & PlaceFit<S, X>,
  ): Tensor<Inserted<S, X, number>, D>;
  <S extends Shape, D extends DType, const R extends readonly In[], const X extends number = 0>(
    tensors: readonly [In<S, D>, ...{ readonly [K in keyof R]: R[K] & NoInfer<In<S, D>> }],
    axis?: X & PlaceFit<S, X>,
  ): Tensor<Inserted<S, X, [0, ...R]["length"]>, D>;
}

const stackMisfit = (index: number, shape: Shape, first: Shape): string =>
  `stack: operand ${index + 1} is ${show(shape)}, and must have the shape of the first, ${show(first)}`;

/**
 * Tensors of one shape side by side along a new axis, 0 by default.
 * @throws ShapeError where shapes differ or the new axis has no such place; DTypeError where dtypes differ.
 */
export const stack: Op<Stack> = op<Stack>(
  {
    name: "stack",
    kind: "move",
    law: "[S, …], axis → S with the length of the list put in at the axis",
    formula: "out[…, k, …] = x_k[…]",
    gradient: "the part of ct of each operand",
    example: "stack([tensor([1, 2]), tensor([3, 4])])",
    draw: (draw) => {
      const shape = draw.shape({ maxRank: 3 });
      const list = drawList(draw, () => shape);
      return draw.oneOf([[list], [list, draw.integer(-shape.length - 1, shape.length)]]);
    },
  },
  ((tensors: readonly AnyTensor[], axis = 0) => {
    const first: Shape = checkList("stack", tensors).shape;
    const place = axis < 0 ? axis + first.length + 1 : axis;
    if (!Number.isInteger(place) || place < 0 || place > first.length) misfit(placeMisfit(first, axis));
    tensors.forEach(({ shape }, index) => {
      if (!sameShape(shape, first)) misfit(stackMisfit(index, shape, first));
    });
    const one = first.toSpliced(place, 0, 1);
    return concatAlong(
      tensors.map((tensor) => reshapeTo(tensor, one)),
      place,
    );
  }) as unknown as Stack,
);

/** The slices of axis X: a tuple where its dim is a literal of at most two digits, else a list. */
type Slices<S, X, D extends DType, Yes> = S extends readonly unknown[]
  ? Copies<DimAt<S, X>, Tensor<Reduced<S, X, false>, D>, Yes>
  : never;
/** N times E. An N that is a type parameter is no literal (`Held`). */
type Copies<N, E, Yes> =
  Held<IsLiteral<N>> extends Held<Yes>
    ? `${N & number}` extends `${infer _A}${infer _B}${infer _C}${infer _Rest}`
      ? readonly E[]
      : Repeated<N, E>
    : readonly E[];
type Repeated<N, E, Out extends readonly unknown[] = readonly []> = Out["length"] extends N
  ? Out
  : Repeated<N, E, readonly [...Out, E]>;

type Unstack = <S extends Shape, D extends DType, const X extends number = 0>(
  x: In<S, D> & AxesExist<"unstack", S, X>,
  axis?: X & AxisFit<"unstack", S, X>,
) => Slices<S, X, D, true>;

/**
 * The slices of an axis (0 by default), which they no longer have: `const [q, k, v] = unstack(qkv, 1)`. A tuple where the
 * dim is a literal below 100, else a list.
 * @throws ShapeError for an axis that x does not have.
 */
export const unstack: Op<Unstack> = op<Unstack>(
  {
    name: "unstack",
    kind: "move",
    law: "S, axis → S without the axis, as often as its dim",
    formula: "out_k[…] = x[…, k, …]",
    gradient: "the cotangents, stacked",
    example: "unstack(tensor([[1, 2], [3, 4]]))",
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1 });
      const x = draw.tensor(shape, { dtype: drawDType(draw) });
      return draw.oneOf([[x], [x, draw.integer(-shape.length, shape.length - 1)]]);
    },
  },
  ((x: AnyTensor, axis = 0) => {
    const { shape }: { shape: Shape } = tensorOperand("unstack", x);
    const place = normalizeAxis("unstack", shape, axis);
    return Array.from({ length: shape[place] as number }, (_, k) =>
      reshapeTo(sliceAxis(x, place, k, 1), shape.toSpliced(place, 1)),
    );
  }) as unknown as Unstack,
);
