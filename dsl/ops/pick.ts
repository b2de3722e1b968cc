/** The primitive `pick`: elements at places along an axis that are known when the program is written. */

import { apply } from "../interpreter.ts";
import { type Primitive, primitive, type TensorType } from "../primitive.ts";
import { input } from "../scalar/expression.ts";
import { select } from "../scalar/index.ts";
import { type Shape, withDim } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";
import { repeatAlong, reshapeTo, sumOver } from "./broadcast.ts";
import { applyExpression } from "./elementwise.ts";
import { gatherPrimitive } from "./gather.ts";
import { vectorAlong } from "./make.ts";
import { padAxis, sliceAxis } from "./window.ts";

interface PickParams {
  readonly axis: number;
  readonly places: readonly number[];
}

/**
 * out[…, i, …] = x[…, places[i], …]. The second operand has the places as a tensor of the result's shape.
 *
 * It is a gather whose gradient needs no search: it is known who reads each place, so that the cotangent of a place is the
 * sum of what its readers have, picked by a table.
 */
export const pickPrimitive: Primitive<PickParams> = primitive({
  name: "pick",
  kind: "index",
  infer: (_, [x, indices]) => ({ shape: (indices as TensorType).shape, dtype: (x as TensorType).dtype }),
  evaluate: ({ axis }, operands, type) =>
    gatherPrimitive.evaluate({ axis, op: "pick", indices: type.shape }, operands, type),
  lower: ({ axis }) => ({ kind: "gather", axis }),
  pullback: ({ params: { axis, places }, operands: [x], ct }) => {
    const shape: Shape = (x as AnyTensor).shape;
    const readers = Array.from({ length: shape[axis] as number }, (): number[] => []);
    places.forEach((place, i) => void readers[place]?.push(i));
    const most = readers.reduce((most, { length }) => Math.max(most, length), 0);
    if (most === 0) return undefined;
    const slots = readers.flatMap((list) => Array.from({ length: most }, (_, slot) => list[slot]));
    const picked = fromTable(
      ct,
      axis,
      slots.map((reader) => reader ?? 0),
    );
    const isRead = vectorAlong(
      { shape: picked.shape, dtype: "bool" },
      axis,
      slots.map((reader) => (reader === undefined ? 0 : 1)),
    );
    const kept = slots.includes(undefined)
      ? applyExpression("pick", select.of(input(0, "bool"), input(1), 0), ct.dtype, [isRead, picked])
      : picked;
    const parted = reshapeTo(kept, shape.toSpliced(axis, 1, readers.length, most));
    return reshapeTo(sumOver(parted, [axis + 1]), shape);
  },
});

/** The element at each place along an axis; a place before the first or after the last has 0. */
export const pickAlong = (x: AnyTensor, axis: number, places: readonly number[]): AnyTensor => {
  const least = Math.min(...places);
  const most = Math.max(...places);
  const around = { low: Math.max(0, -least), high: Math.max(0, most + 1 - x.shape[axis]) };
  const padded = padAxis(x, axis, around);
  const shifted = places.map((place) => place + around.low);
  return regular(padded, axis, shifted) ?? fromTable(padded, axis, shifted);
};

/** Steps of one length, or each place a number of times but for the first and the last, are movement. */
const regular = (x: AnyTensor, axis: number, places: readonly number[]): AnyTensor | undefined => {
  const { length } = places;
  const [start = 0, second = start + 1] = places;
  const step = second - start;
  if (step > 0 && places.every((place, i) => place === start + step * i))
    return sliceAxis(x, axis, start, length, step);
  const first = places.lastIndexOf(start) + 1;
  const times = Math.max(first, places.lastIndexOf(start + 1) + 1 - first);
  const skipped = times - first;
  if (!places.every((place, i) => place === start + Math.floor((i + skipped) / times))) return undefined;
  const count = (places.at(-1) as number) - start + 1;
  return sliceAxis(repeatAlong(sliceAxis(x, axis, start, count), axis, times), axis, skipped, length);
};

const fromTable = (x: AnyTensor, axis: number, places: readonly number[]): AnyTensor => {
  const shape = withDim(x.shape, axis, places.length);
  return apply(pickPrimitive, { axis, places }, [x, vectorAlong({ shape, dtype: "i32" }, axis, places)]);
};
