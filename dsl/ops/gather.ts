/** Elements at data-dependent places: `gather`, and the primitives `gather` and `scatterAdd`. */

import { type DType, DTypeError, type Int, isInt } from "../dtype.ts";
import { allocate, allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type Op, op } from "../op.ts";
import { type Dense, type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { type Axis, misfit, normalizeAxis, type Shape, show, sizeOf, withDim } from "../shape.ts";
import { type AnyTensor, describe, type In, type Tensor } from "../tensor.ts";
import type { AxesFit } from "./axes.ts";
import { tensorOperand } from "./move.ts";

interface IndexParams {
  readonly axis: number;
  /**
   * The user's word for this op, and the shape of the user's indices, for messages: they name the places one by one, or those
   * along the axis.
   */
  readonly op: string;
  readonly indices: Shape;
}

/** Walks the places of `indices`, with the place in a tensor of `size` along the axis that the index there leads to. */
const eachPlace = (
  { axis, op, indices }: IndexParams,
  { data, shape }: Dense,
  size: number,
  visit: (place: number, indexed: number) => void,
): void => {
  const along = shape[axis] as number;
  const inner = sizeOf(shape.slice(axis + 1));
  for (let place = 0; place < data.length; place++) {
    const index = data[place] as number;
    if (index < 0 || index >= size) {
      const own = sizeOf(indices) === data.length ? place : Math.floor(place / inner) % along;
      misfit(indexMisfit(op, index, placeAt(own, indices), size));
    }
    const outer = Math.floor(place / (along * inner));
    visit(place, (outer * size + index) * inner + (place % inner));
  }
};

const indexMisfit = (op: string, index: number, place: Shape, size: number): string =>
  size === 0
    ? `${op}: index ${index} at ${show(place)} of the indices, and the axis that they point into has length 0`
    : `${op}: index ${index} at ${show(place)} of the indices is out of range; it must be from 0 to ${size - 1}`;

/** The coordinates of an element. */
const placeAt = (element: number, shape: Shape): number[] => {
  let rest = element;
  return shape.map((_, axis) => {
    const inner = sizeOf(shape.slice(axis + 1));
    const coordinate = Math.floor(rest / inner);
    rest %= inner;
    return coordinate;
  });
};

/** out[…, i, …] = x[…, indices[…, i, …], …]: along one axis; the other dims are equal. */
export const gatherPrimitive: Primitive<IndexParams> = primitive({
  name: "gather",
  kind: "index",
  infer: (_, [x, indices]) => ({ shape: (indices as TensorType).shape, dtype: (x as TensorType).dtype }),
  evaluate: (params, operands, type) => {
    const [x, indices] = operands as [Dense, Dense];
    const out = allocateFor(type);
    eachPlace(params, indices, x.shape[params.axis] as number, (place, indexed) => {
      out[place] = x.data[indexed] as number;
    });
    return out;
  },
  lower: ({ axis }) => ({ kind: "gather", axis }),
  pullback: ({ params, operands, ct }) => {
    const [x, indices] = operands as [AnyTensor, AnyTensor];
    return apply(scatterAddPrimitive, { ...params, size: x.shape[params.axis] }, [ct, indices]);
  },
});

/** out[…, indices[…, i, …], …] += updates[…, i, …] onto zeros, with `size` places along the axis: gather's adjoint. */
export const scatterAddPrimitive: Primitive<IndexParams & { readonly size: number }> = primitive({
  name: "scatterAdd",
  kind: "index",
  infer: ({ axis, size }, [updates]) => {
    const { shape, dtype } = updates as TensorType;
    return { shape: withDim(shape, axis, size), dtype };
  },
  evaluate: (params, operands, type): Elements => {
    const [updates, indices] = operands as [Dense, Dense];
    const sums = new Float64Array(sizeOf(type.shape));
    eachPlace(params, indices, params.size, (place, indexed) => {
      sums[indexed] = (sums[indexed] as number) + (updates.data[place] as number);
    });
    const out = allocate(type.dtype, sums.length);
    out.set(sums);
    return out;
  },
  lower: ({ axis }) => ({ kind: "scatterAdd", axis }),
  pullback: ({ params: { axis, op, indices: shown }, operands: [, indices], ct }) =>
    apply(gatherPrimitive, { axis, op, indices: shown }, [ct, indices as AnyTensor]),
});

/** The indices, checked to be a tensor of integers. */
export const indexOperand = (op: string, indices: unknown): AnyTensor => {
  const tensor = tensorOperand(op, indices);
  if (!isInt(tensor.dtype))
    throw new DTypeError(`${op}: the indices are ${describe(tensor)}, and must be i32 or u32; cast them`);
  return tensor;
};

/** S with another dim, of any size, at one axis. */
export type AnyAt<S extends readonly unknown[], X> = {
  readonly [K in keyof S]: K extends `${Axis<S, X> & number}` ? number : S[K];
};

/** An axis and indices along it, checked to be of the shape of x but for the length of the axis. */
export const indexed = (op: string, x: AnyTensor, indices: AnyTensor, axis: number): IndexParams => {
  const from: Shape = tensorOperand(op, x).shape;
  const to: Shape = indexOperand(op, indices).shape;
  const at = normalizeAxis(op, from, axis);
  if (to.length !== from.length || to.some((dim, other) => other !== at && dim !== from[other]))
    misfit(
      `${op}: the indices are ${show(to)}, and must be ${show(from)} but for axis ${at}; expand them, or use take`,
    );
  return { axis: at, op, indices: to };
};

type Gather = <S extends Shape, D extends DType, I extends Shape, const X extends number>(
  x: In<S, D>,
  indices: In<I, Int> & NoInfer<In<AnyAt<S, X>, Int>>,
  axis: X & AxesFit<"gather", S, X>,
) => Tensor<I, D>;

/**
 * Elements at given places along one axis: out[…, i, …] = x[…, indices[…, i, …], …].
 *
 * Shapes: S, I of i32 or u32 → I, where I is S but for the length along the axis.
 * @throws ShapeError, DTypeError; ShapeError where an index is out of range
 */
export const gather: Op<Gather> = op<Gather>(
  {
    name: "gather",
    kind: "index",
    law: "S, S with another length along the axis → the indices' shape",
    formula: "x[…, indices[…, i, …], …]",
    gradient: "ct added up at the indices",
    example: 'gather(tensor([[1, 2], [3, 4]]), tensor([[1], [0]], "i32"), 1)',
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1, minDim: 1 });
      const axis = draw.integer(0, shape.length - 1);
      const indices = draw.tensor(withDim(shape, axis, draw.integer(1, 4)), {
        dtype: draw.oneOf(["i32", "u32"]),
        below: shape[axis] as number,
      });
      return [draw.tensor(shape), indices, draw.oneOf([axis, axis - shape.length])];
    },
  },
  ((x: AnyTensor, indices: AnyTensor, axis: number): AnyTensor => {
    const params = indexed("gather", x, indices, axis);
    return apply(gatherPrimitive, params, [x, indices]);
  }) as unknown as Gather,
);
