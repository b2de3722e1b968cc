/** Tensors from nothing. */

import type { DType } from "../dtype.ts";
import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type Primitive, primitive } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import type { AnyTensor } from "../tensor.ts";

/** One value everywhere. */
export const fullPrimitive: Primitive<{ readonly shape: Shape; readonly dtype: DType; readonly value: number }> =
  primitive({
    name: "full",
    kind: "make",
    infer: ({ shape, dtype }) => ({ shape, dtype }),
    evaluate: ({ value }, _, type) => allocateFor(type).fill(value),
    pullback: "none",
  });

export const fullLike = ({ shape, dtype }: AnyTensor, value: number): AnyTensor =>
  apply(fullPrimitive, { shape, dtype, value }, []);
