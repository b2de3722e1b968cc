/** Tensors from nothing: a value everywhere, counting, and data that was given. */

import type { IsLiteral } from "../dim.ts";
import { type DType, DTypeError, dtypes, isFloat, type Numeric } from "../dtype.ts";
import { allocate, allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { checkDType, checkValue, type HostValue, narrow } from "../narrow.ts";
import { type Draw, type Op, op } from "../op.ts";
import { type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { checkShape, misfit, type NotWhole, type Shape, type ShapeError, type ShapeFit } from "../shape.ts";
import type { AnyTensor, Tensor } from "../tensor.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";

/** One value everywhere. */
export const fullPrimitive: Primitive<{ readonly shape: Shape; readonly dtype: DType; readonly value: number }> =
  primitive({
    name: "full",
    kind: "make",
    infer: ({ shape, dtype }) => ({ shape, dtype }),
    evaluate: ({ value }, _, type) => allocateFor(type).fill(value),
    lower: ({ value }) => ({ kind: "fill", value }),
    pullback: "none",
  });

/** 0, 1, 2 … */
export const iotaPrimitive: Primitive<{ readonly size: number; readonly dtype: Numeric }> = primitive({
  name: "iota",
  kind: "make",
  infer: ({ size, dtype }) => ({ shape: [size], dtype }),
  evaluate: (_, __, type) => {
    const out = allocateFor(type);
    for (let i = 0; i < out.length; i++) out[i] = i;
    return out;
  },
  lower: () => ({ kind: "iota" }),
  pullback: "none",
});

/** Elements that were known before the program ran. They are never written to. */
export const constantPrimitive: Primitive<TensorType & { readonly data: Elements }> = primitive({
  name: "constant",
  kind: "make",
  infer: ({ shape, dtype }) => ({ shape, dtype }),
  evaluate: ({ data }, _, type) => {
    if (data.constructor === allocate(type.dtype, 0).constructor) return data;
    const copy = allocateFor(type);
    copy.set(data);
    return copy;
  },
  lower: ({ data }) => ({ kind: "constant", data }),
  pullback: "none",
});

/** A value for each place of an axis, repeated along the others: the shape has as many places there. */
export const vectorAlong = ({ shape, dtype }: TensorType, axis: number, values: readonly number[]): AnyTensor => {
  const place = (i: number): string => `element ${i}`;
  const data = narrow("vectorAlong", dtype, values.length, (i) => values[i] as number, place);
  const alone = shape.map((dim, other) => (other === axis ? dim : 1));
  return expandTo(apply(constantPrimitive, { shape: alone, dtype, data }, []), shape);
};

export const fullLike = ({ shape, dtype }: AnyTensor, value: number): AnyTensor =>
  apply(fullPrimitive, { shape, dtype, value }, []);

/** At each place of a shape, the place along one axis. */
export const placesAlong = (shape: Shape, axis: number): AnyTensor => {
  const size = shape[axis] as number;
  const counted = apply(iotaPrimitive, { size, dtype: "i32" }, []);
  return expandTo(
    reshapeTo(
      counted,
      shape.map((_, other) => (other === axis ? size : 1)),
    ),
    shape,
  );
};

const makeFull = (name: string, shape: Shape, value: HostValue, dtype: DType): AnyTensor => {
  checkShape(name, shape);
  checkDType(name, dtype);
  if (typeof value !== (dtype === "bool" ? "boolean" : "number")) {
    throw new DTypeError(
      `${name}: the value is the ${typeof value} ${value}, which is no ${dtype}; bool is made of true and false, the other dtypes of numbers`,
    );
  }
  checkValue(name, dtype, value, "the value");
  return apply(fullPrimitive, { shape: [...shape], dtype, value: Number(value) }, []);
};

/** The shape of the result: a list of dims as a tensor's type has it. */
export type Mutable<S> = { -readonly [K in keyof S]: S[K] };

type Zeros = <const S extends Shape, D extends DType = "f32">(
  shape: S & ShapeFit<"zeros", S>,
  dtype?: D,
) => Tensor<Mutable<S>, D>;
type Ones = <const S extends Shape, D extends DType = "f32">(
  shape: S & ShapeFit<"ones", S>,
  dtype?: D,
) => Tensor<Mutable<S>, D>;

/** A value gives bool or a dtype of numbers; overloads, since the default dtype depends on it. */
interface Full {
  <const S extends Shape>(shape: S & ShapeFit<"full", S>, value: boolean, dtype?: "bool"): Tensor<Mutable<S>, "bool">;
  <const S extends Shape, D extends Numeric = "f32">(
    shape: S & ShapeFit<"full", S>,
    value: number,
    dtype?: D,
  ): Tensor<Mutable<S>, D>;
}

type Iota = <const N extends number, D extends Numeric = "i32">(n: N & CountFit<N>, dtype?: D) => Tensor<[N], D>;

const drawShape = (draw: Draw): number[] => draw.shape({ maxRank: 3 });

/**
 * Zeros, or false for bool: `zeros([2, 3])`. Shape: the one given.
 * @throws ShapeError for dims that are no whole numbers from 0 up
 */
export const zeros: Op<Zeros> = op<Zeros>(
  {
    name: "zeros",
    kind: "make",
    law: "S → S",
    formula: "0 at each place",
    gradient: "none",
    example: "zeros([3])",
    draw: (draw) => [drawShape(draw), draw.oneOf(dtypes)],
  },
  ((shape: Shape, dtype: DType = "f32") => makeFull("zeros", shape, dtype === "bool" ? false : 0, dtype)) as Zeros,
);

/**
 * Ones, or true for bool: `ones([2, 3])`. Shape: the one given.
 * @throws ShapeError for dims that are no whole numbers from 0 up
 */
export const ones: Op<Ones> = op<Ones>(
  {
    name: "ones",
    kind: "make",
    law: "S → S",
    formula: "1 at each place",
    gradient: "none",
    example: 'ones([2], "bool")',
    draw: (draw) => [drawShape(draw), draw.oneOf(dtypes)],
  },
  ((shape: Shape, dtype: DType = "f32") => makeFull("ones", shape, dtype === "bool" ? true : 1, dtype)) as Ones,
);

/**
 * One value everywhere: `full([2, 3], 0.5)`. Shape: the one given; dtype f32 for a number and bool for a boolean, if
 * none is given. A value that is to vary when a compiled program runs is a tensor of rank 0, expanded.
 * @throws ShapeError for dims that are no whole numbers from 0 up; DTypeError for a value that the dtype cannot hold
 */
export const full: Op<Full> = op<Full>(
  {
    name: "full",
    kind: "make",
    law: "S, value → S",
    formula: "value at each place",
    gradient: "none",
    example: "full([3], 0.5)",
    draw: (draw) => {
      const dtype = draw.oneOf(dtypes);
      const integer = draw.integer(dtype === "i32" ? -9 : 0, 9);
      return [drawShape(draw), dtype === "bool" ? integer > 4 : isFloat(dtype) ? integer / 4 - 1 : integer, dtype];
    },
  },
  ((shape: Shape, value: HostValue, dtype: DType = typeof value === "boolean" ? "bool" : "f32") =>
    makeFull("full", shape, value, dtype)) as Full,
);

/** The number of whole numbers from 0 up that a dtype holds without a gap. */
const countable: Readonly<Record<Numeric, number>> = { f32: 2 ** 24 + 1, f16: 2 ** 11 + 1, i32: 2 ** 31, u32: 2 ** 32 };

/** @throws DTypeError where a dtype does not hold the whole numbers below `size` */
export const checkCount = (op: string, size: number, dtype: Numeric): void => {
  if ((dtype as DType) === "bool") throw new DTypeError(`${op}: bool does not count; compare the result to a number`);
  if (size > countable[dtype]) {
    throw new DTypeError(
      `${op}: ${dtype} counts to ${countable[dtype] - 1}, and ${size - 1} is asked for; take i32 or u32`,
    );
  }
};

/**
 * 0, 1, 2 … n − 1: `iota(3)`. Shape: [n]; dtype i32, if none is given.
 * @throws ShapeError for n that is no whole number from 0 up; DTypeError where the dtype cannot count so far
 */
export const iota: Op<Iota> = op<Iota>(
  {
    name: "iota",
    kind: "make",
    law: "N → [N]",
    formula: "i at place i",
    gradient: "none",
    example: "iota(4)",
    draw: (draw) => [draw.integer(0, 9), draw.oneOf(["f32", "f16", "i32", "u32"])],
  },
  ((size: number, dtype: Numeric = "i32") => {
    if (!Number.isInteger(size) || size < 0) misfit(countMisfit(size));
    checkDType("iota", dtype);
    checkCount("iota", size, dtype);
    return apply(iotaPrimitive, { size, dtype }, []);
  }) as Iota,
);

type CountFit<N> =
  IsLiteral<N> extends true ? ([NotWhole<N>] extends [never] ? unknown : ShapeError<CountMisfit<N>>) : unknown;
type CountMisfit<N> = `iota: n is ${N & number}, and must be a whole number from 0 up`;
const countMisfit = (n: number): string => `iota: n is ${n}, and must be a whole number from 0 up`;
