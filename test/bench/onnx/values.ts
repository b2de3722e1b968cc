/** What stands for a variable of a program while its graph is made. */

import { expandPrimitive } from "../../../dsl/ops/broadcast.ts";
import type { Dense, TensorType } from "../../../dsl/primitive.ts";
import { type Shape, sameShape } from "../../../dsl/shape.ts";
import type { Builder } from "./graph.ts";

/**
 * - `named`: a result of a node;
 * - `known`: frozen weights, and what follows from them;
 * - `spread`: `source` with zeros between its elements, at some of the offsets that one element has room for, and what was
 *   added to it so far.
 *
 * A shape with a 1 where the variable's type has more is an expansion that was left out: ONNX broadcasts by itself.
 */
export type Value =
  | { readonly kind: "named"; readonly name: string; readonly shape: Shape }
  | { readonly kind: "known"; readonly dense: Dense; readonly shape: Shape }
  | {
      readonly kind: "spread";
      readonly source: string;
      readonly shape: Shape;
      readonly offsets: readonly string[];
      readonly added?: string | undefined;
    };

export const named = (name: string, shape: Shape): Value => ({ kind: "named", name, shape });
export const known = (dense: Dense): Value => ({ kind: "known", dense, shape: dense.shape });

/** The name of a value, in the shape in which it is held. */
export const nameOf = (value: Value, builder: Builder): string => {
  if (value.kind === "known") return builder.constant(value.dense);
  if (value.kind === "named") return value.name;
  throw new Error("internal: elements with zeros between them are used before their sum is whole");
};

/** The name of a value in all of its shape. */
export const wholeOf = (value: Value, { shape }: TensorType, builder: Builder): string => {
  const name = nameOf(value, builder);
  return sameShape(value.shape, shape) ? name : builder.node("Expand", [name, builder.integers(shape)]);
};

export const denseOf = (value: Value & { readonly kind: "known" }, type: TensorType): Dense =>
  sameShape(value.shape, type.shape)
    ? value.dense
    : { ...type, data: expandPrimitive.evaluate({ shape: type.shape }, [value.dense], type) };
