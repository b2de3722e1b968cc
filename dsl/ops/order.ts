/** The primitive `order`, of which sorting is made: which places have the smallest elements. */

import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { sizeOf, withDim } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";

interface OrderParams {
  readonly axis: number;
  /** The largest first. */
  readonly descending: boolean;
  /** How many places are asked for. */
  readonly count: number;
}

/** Below 0 where a comes first. NaN comes last. */
const ascending = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b)
    ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    : Number(a > b) - Number(a < b);
const descending = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? ascending(a, b) : ascending(b, a);

/** Along the axis, the places of the `count` first elements in their order; equal elements stay in theirs. */
export const orderPrimitive: Primitive<OrderParams> = primitive({
  name: "order",
  kind: "index",
  infer: ({ axis, count }, [x]) => ({ shape: withDim((x as TensorType).shape, axis, count), dtype: "i32" }),
  evaluate: (params, [x], type) => {
    const { data, shape } = x as Dense;
    const { axis, count } = params;
    const length = shape[axis] as number;
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const compare = params.descending ? descending : ascending;
    const out = allocateFor(type);
    for (let row = 0; row < outer; row++)
      for (let column = 0; column < inner; column++) {
        const at = (place: number): number => data[(row * length + place) * inner + column] as number;
        // JavaScript's sort is stable.
        const places = Array.from({ length }, (_, place) => place).sort((a, b) => compare(at(a), at(b)));
        for (let i = 0; i < count; i++) out[(row * count + i) * inner + column] = places[i] as number;
      }
    return out;
  },
  lower: ({ axis, descending }) => ({ kind: "order", axis, descending }),
  pullback: "none",
});

export const orderAlong = (x: AnyTensor, params: OrderParams): AnyTensor => apply(orderPrimitive, params, [x]);
