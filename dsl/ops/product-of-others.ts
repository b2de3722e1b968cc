/** Π xⱼ over all j ≠ i: what the gradient of a product is made of. */

import { input } from "../scalar/expression.ts";
import { mul } from "../scalar/index.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";
import { reshapeTo } from "./broadcast.ts";
import { applyExpression } from "./elementwise.ts";
import { permuteTo } from "./move.ts";
import { productsBefore } from "./scan.ts";

/** For each element of x the product of the others over the axes: of those before it and those after it in row-major order. */
export const productOfOthers = (x: AnyTensor, axes: readonly number[]): AnyTensor => {
  const shape: Shape = x.shape;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const permuted = permuteTo(x, order);
  const rows = reshapeTo(permuted, [
    ...kept.map((axis) => shape[axis] as number),
    sizeOf(axes.map((axis) => shape[axis] as number)),
  ]);
  const [before, after] = [false, true].map((reverse) => productsBefore(rows, kept.length, reverse)) as [
    AnyTensor,
    AnyTensor,
  ];
  const others = applyExpression("prod", mul.of(input(0), input(1)), x.dtype, [before, after]);
  return permuteTo(
    reshapeTo(others, permuted.shape),
    order.map((_, axis) => order.indexOf(axis)),
  );
};
