/** The primitives `reshape`, `expand` and `sum`: what broadcasting is made of, and its adjoint. */

import { allocate, allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { axisRead, firstRead } from "../lowering.ts";
import { type Dense, type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { add } from "../scalar/arithmetic.ts";
import { type Shape, sameShape, sizeOf, stridesOf } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";

/** Same elements in the same order. */
export const reshapePrimitive: Primitive<{ readonly shape: Shape }> = primitive({
  name: "reshape",
  kind: "move",
  infer: ({ shape }, [x]) => ({ shape, dtype: (x as TensorType).dtype }),
  evaluate: (_, [x]) => (x as Dense).data,
  lower: () => ({ kind: "move", movement: { kind: "reshape" } }),
  pullback: ({ operands: [x], ct }) => reshapeTo(ct, (x as AnyTensor).shape),
});

export const reshapeTo = (x: AnyTensor, shape: Shape): AnyTensor =>
  sameShape(x.shape, shape) ? x : apply(reshapePrimitive, { shape }, [x]);

/** Repeats along axes of 1. */
export const expandPrimitive: Primitive<{ readonly shape: Shape }> = primitive({
  name: "expand",
  kind: "move",
  infer: ({ shape }, [x]) => ({ shape, dtype: (x as TensorType).dtype }),
  evaluate: ({ shape }, [x], type) => {
    const { data, shape: from } = x as Dense;
    const steps = stridesOf(from).map((stride, axis) => (from[axis] === shape[axis] ? stride : 0));
    const out = allocateFor(type);
    eachOffset(shape, steps, (i, at) => {
      out[i] = data[at] as number;
    });
    return out;
  },
  lower: ({ shape }, [x]) => ({
    kind: "move",
    movement: {
      kind: "affine",
      reads: (x as TensorType).shape.map((dim, axis) => (dim === shape[axis] ? axisRead(axis) : firstRead)),
    },
  }),
  pullback: ({ operands: [x], ct }) => {
    const from: Shape = (x as AnyTensor).shape;
    return sumOver(
      ct,
      axesWhere(from, (dim, axis) => dim !== ct.shape[axis]),
    );
  },
});

export const expandTo = (x: AnyTensor, shape: Shape): AnyTensor =>
  sameShape(x.shape, shape) ? x : apply(expandPrimitive, { shape }, [x]);

/** Each element of an axis `times` times, one after another. */
export const repeatAlong = (x: AnyTensor, axis: number, times: number): AnyTensor => {
  const shape: Shape = x.shape;
  const apart = shape.toSpliced(axis + 1, 0, 1);
  const repeated = expandTo(reshapeTo(x, apart), apart.with(axis + 1, times));
  return reshapeTo(repeated, shape.with(axis, (shape[axis] as number) * times));
};

/** Sum over axes, which stay with length 1. */
export const sumPrimitive: Primitive<{ readonly axes: readonly number[] }> = primitive({
  name: "sum",
  kind: "reduce",
  infer: ({ axes }, [x]) => reducedType(axes, x as TensorType),
  evaluate: ({ axes }, [x], type) => reduceWith(axes, x as Dense, type, 0, (sum, value) => sum + value),
  lower: ({ axes }) => ({ kind: "reduce", axes, start: 0, combine: add.record }),
  pullback: ({ operands: [x], ct }) => expandTo(ct, (x as AnyTensor).shape),
});

export const sumOver = (x: AnyTensor, axes: readonly number[]): AnyTensor =>
  axes.length === 0 ? x : apply(sumPrimitive, { axes }, [x]);

export const axesWhere = (shape: Shape, test: (dim: number, axis: number) => boolean): number[] =>
  shape.flatMap((dim, axis) => (test(dim, axis) ? [axis] : []));

/** The type of a reduction: reduced axes have length 1. */
export const reducedType = (axes: readonly number[], { shape, dtype }: TensorType): TensorType => ({
  shape: shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)),
  dtype,
});

/** Combines elements into f64 sums, in row-major order of the operand. */
export const reduceWith = (
  axes: readonly number[],
  { data, shape }: Dense,
  type: TensorType,
  start: number,
  combine: (sum: number, value: number) => number,
): Elements => {
  const sums = new Float64Array(sizeOf(type.shape)).fill(start);
  const steps = stridesOf(type.shape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  eachOffset(shape, steps, (i, at) => {
    sums[at] = combine(sums[at] as number, data[i] as number);
  });
  const out = allocate(type.dtype, sums.length);
  out.set(sums);
  return out;
};

/** Walks a shape in row-major order, with the offset that other steps along its axes give. */
export const eachOffset = (
  shape: Shape,
  steps: readonly number[],
  visit: (index: number, offset: number) => void,
  start = 0,
): void => {
  const size = sizeOf(shape);
  const place = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let index = 0; index < size; index++) {
    visit(index, offset);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] as number) + 1;
      offset += steps[axis] as number;
      if ((place[axis] as number) < (shape[axis] as number)) break;
      offset -= (steps[axis] as number) * (shape[axis] as number);
      place[axis] = 0;
    }
  }
};
