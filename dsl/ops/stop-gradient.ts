/** `stopGradient`: a tensor as a constant. */

import type { DType } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Op, op } from "../op.ts";
import { type Dense, type Primitive, primitive, type TensorType } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import type { AnyTensor, In, Tensor } from "../tensor.ts";

/** The identity, through which no cotangent passes. */
const stopGradientPrimitive: Primitive<null> = primitive({
  name: "stopGradient",
  kind: "move",
  infer: (_, [x]) => x as TensorType,
  evaluate: (_, [x]) => (x as Dense).data,
  lower: () => ({ kind: "move", movement: { kind: "reshape" } }),
  pullback: "none",
});

/** x, whose gradient is zero: for targets and weights that are not to be differentiated through. */
export const stopGradient: Op<<S extends Shape, D extends DType>(x: In<S, D>) => Tensor<S, D>> = op(
  {
    name: "stopGradient",
    kind: "move",
    law: "S → S",
    formula: "x",
    gradient: "none",
    example: "stopGradient(tensor([2, 3]))",
    draw: (draw) => [draw.tensor(draw.shape())],
  },
  (x: AnyTensor): AnyTensor => apply(stopGradientPrimitive, null, [x]),
);
