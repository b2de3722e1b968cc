/** The primitives `slice` and `pad`: each is the adjoint of the other. */

import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { axisRead } from "../lowering.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { type Shape, sameShape, stridesOf, withDim } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";
import { eachOffset } from "./broadcast.ts";
import { readStrided } from "./move.ts";

/** Per axis: `size` elements from `start` on, `step` (from 1 up) apart. */
export interface SliceParams {
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

/** Per axis: `low` values before, `high` after, and `interior` between neighbours; none of them negative. */
export interface PadParams {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly interior: readonly number[];
  readonly value: number;
}

/** out[i] = x[start + step · i] */
export const slicePrimitive: Primitive<SliceParams> = primitive({
  name: "slice",
  kind: "move",
  infer: ({ size }, [x]) => ({ shape: size, dtype: (x as TensorType).dtype }),
  evaluate: ({ start, step }, [x], type) => {
    const strides = stridesOf((x as Dense).shape);
    const from = strides.reduce((sum, stride, axis) => sum + stride * (start[axis] as number), 0);
    return readStrided(
      x as Dense,
      type,
      strides.map((stride, axis) => stride * (step[axis] as number)),
      from,
    );
  },
  lower: ({ start, step }) => ({
    kind: "move",
    movement: {
      kind: "affine",
      reads: start.map((offset, axis) => axisRead(axis, step[axis] as number, offset)),
    },
  }),
  pullback: ({ params: { start, size, step }, operands: [x], ct }) => {
    const shape: Shape = (x as AnyTensor).shape;
    const reach = size.map((n, axis) => (n === 0 ? 0 : (n - 1) * (step[axis] as number) + 1));
    return applyPad(ct, {
      low: start,
      high: shape.map((dim, axis) => dim - (start[axis] as number) - (reach[axis] as number)),
      interior: step.map((step) => step - 1),
      value: 0,
    });
  },
});

/** out[low + (interior + 1) · i] = x[i], and `value` elsewhere. */
export const padPrimitive: Primitive<PadParams> = primitive({
  name: "pad",
  kind: "move",
  infer: ({ low, high, interior }, [x]) => {
    const { shape, dtype } = x as TensorType;
    const padded = shape.map(
      (dim, axis) =>
        dim + Math.max(0, dim - 1) * (interior[axis] as number) + (low[axis] as number) + (high[axis] as number),
    );
    return { shape: padded, dtype };
  },
  evaluate: ({ low, interior, value }, [x], type) => {
    const { data, shape } = x as Dense;
    const out = allocateFor(type).fill(value);
    const strides = stridesOf(type.shape);
    const from = strides.reduce((sum, stride, axis) => sum + stride * (low[axis] as number), 0);
    const write = (i: number, offset: number): void => {
      out[offset] = data[i] as number;
    };
    eachOffset(
      shape,
      strides.map((stride, axis) => stride * ((interior[axis] as number) + 1)),
      write,
      from,
    );
    return out;
  },
  lower: ({ low, interior, value }) => ({ kind: "move", movement: { kind: "pad", low, interior, value } }),
  pullback: ({ params: { low, interior }, operands: [x], ct }) =>
    sliceTo(ct, { start: low, size: (x as AnyTensor).shape, step: interior.map((gap) => gap + 1) }),
});

export const sliceTo = (x: AnyTensor, params: SliceParams): AnyTensor =>
  sameShape(x.shape, params.size) ? x : apply(slicePrimitive, params, [x]);

const applyPad = (x: AnyTensor, params: PadParams): AnyTensor =>
  [params.low, params.high, params.interior].every((widths) => widths.every((width) => width === 0))
    ? x
    : apply(padPrimitive, params, [x]);

/** Elements start … start + size of one axis. */
export const sliceAxis = (x: AnyTensor, axis: number, start: number, size: number, step = 1): AnyTensor => {
  const shape: Shape = x.shape;
  return sliceTo(x, {
    start: shape.map((_, place) => (place === axis ? start : 0)),
    size: withDim(shape, axis, size),
    step: shape.map((_, place) => (place === axis ? step : 1)),
  });
};

/** Pads, and crops where `low` or `high` is negative. */
export const padTo = (x: AnyTensor, { low, high, interior, value }: PadParams): AnyTensor => {
  const positive = (widths: readonly number[]): number[] => widths.map((width) => Math.max(0, width));
  const padded = applyPad(x, { low: positive(low), high: positive(high), interior, value });
  const start = low.map((width) => Math.max(0, -width));
  return sliceTo(padded, {
    start,
    size: (padded.shape as Shape).map(
      (dim, axis) => dim - (start[axis] as number) - Math.max(0, -(high[axis] as number)),
    ),
    step: low.map(() => 1),
  });
};

/** Values before and after one axis; less of it where there are fewer than none. */
export const padAxis = (
  x: AnyTensor,
  axis: number,
  { low, high }: { readonly low: number; readonly high: number },
  value = 0,
): AnyTensor => {
  const along = (width: number): number[] => (x.shape as Shape).map((_, place) => (place === axis ? width : 0));
  return padTo(x, { low: along(low), high: along(high), interior: along(0), value });
};
