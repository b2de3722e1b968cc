/** `scatterAdd`: values added at data-dependent places. */

import { DTypeError, type Int, type Numeric } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { type Op, op } from "../op.ts";
import { input } from "../scalar/expression.ts";
import { add } from "../scalar/index.ts";
import { misfit, type Shape, sameShape, show, withDim } from "../shape.ts";
import { type AnyTensor, describe, type In, type Tensor } from "../tensor.ts";
import type { AxesFit } from "./axes.ts";
import { applyExpression, scalarTypeOf } from "./elementwise.ts";
import { type AnyAt, indexed, scatterAddPrimitive } from "./gather.ts";
import { tensorOperand } from "./move.ts";
import { checkReduced, isNumeric } from "./reduction.ts";

type ScatterAdd = <S extends Shape, D extends Numeric, I extends Shape, const X extends number>(
  x: In<S, D>,
  indices: In<I, Int> & NoInfer<In<AnyAt<S, X>, Int>>,
  updates: NoInfer<In<I, D>>,
  axis: X & AxesFit<"scatterAdd", S, X>,
) => Tensor<S, D>;

/**
 * x with updates added at given places along one axis: out[…, indices[…, i, …], …] += updates[…, i, …]. Updates of one
 * place are added in their order, on every device.
 *
 * Shapes: S, I of i32 or u32, I → S, where I is S but for the length along the axis.
 * @throws ShapeError, DTypeError; ShapeError where an index is out of range
 */
export const scatterAdd: Op<ScatterAdd> = op<ScatterAdd>(
  {
    name: "scatterAdd",
    kind: "index",
    law: "S, S with another length along the axis, the same → S",
    formula: "x[…, indices[…, i, …], …] += updates[…, i, …]",
    gradient: "ct; ct at the indices",
    example: 'scatterAdd(zeros([3]), tensor([2, 0, 2], "i32"), tensor([1, 2, 3]), 0)',
    draw: (draw) => {
      const shape = draw.shape({ minRank: 1, minDim: 1 });
      const axis = draw.integer(0, shape.length - 1);
      const changed = withDim(shape, axis, draw.integer(1, 4));
      const indices = draw.tensor(changed, { dtype: draw.oneOf(["i32", "u32"]), below: shape[axis] as number });
      const dtype = draw.oneOf(["f32", "f32", "i32"] as const);
      const x = draw.tensor(shape, { dtype });
      return [x, indices, draw.tensor(changed, { dtype }), draw.oneOf([axis, axis - shape.length])];
    },
  },
  ((x: AnyTensor, indices: AnyTensor, updates: AnyTensor, axis: number): AnyTensor => {
    checkReduced("scatterAdd", x, isNumeric);
    const params = indexed("scatterAdd", x, indices, axis);
    const { shape, dtype } = tensorOperand("scatterAdd", updates);
    if (dtype !== x.dtype)
      throw new DTypeError(`scatterAdd: ${describe(x)} and updates of ${dtype} differ in dtype; cast one of them`);
    if (!sameShape(shape, indices.shape))
      misfit(`scatterAdd: the updates are ${show(shape)}, and must be ${show(indices.shape)}, as the indices`);
    const size = (x.shape as Shape)[params.axis] as number;
    const added = apply(scatterAddPrimitive, { ...params, size }, [updates, indices]);
    const type = scalarTypeOf(x.dtype);
    return applyExpression("scatterAdd", add.of(input(0, type), input(1, type)), x.dtype, [x, added]);
  }) as unknown as ScatterAdd,
);
