/** `where`: a choice between two tensors. */

import { type DType, DTypeError, type Numeric } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { type Expression, input } from "../scalar/expression.ts";
import { select } from "../scalar/index.ts";
import type { Shape } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { applyExpression, broadcastInto, scalarTypeOf } from "./elementwise.ts";
import type { Operand } from "./map.ts";
import { drawDType, drawOperand, type NumberAs, numberAs } from "./named-map.ts";

interface Where {
  <S extends Shape>(mask: In<S, "bool">, a: number, b: number): Tensor<S>;
  <S extends Shape, D extends Numeric, const N extends number>(
    mask: In<S, "bool">,
    a: N & NumberAs<"where", N>[D],
    // biome-ignore lint/suspicious/noExplicitAny: D alone is read here; the shape is checked beside it
    b: In<any, D> & NoInfer<Operand<S, D>>,
  ): Tensor<S, D>;
  // The last: its text is the one that the checker shows where none fits.
  <S extends Shape, D extends DType, const N extends number>(
    mask: In<S, "bool">,
    // biome-ignore lint/suspicious/noExplicitAny: as above
    a: In<any, D> & NoInfer<Operand<S, D>>,
    b: NoInfer<Operand<S, D>> | (N & NumberAs<"where", N>[D]),
  ): Tensor<S, D>;
}

/**
 * a where the mask is true, else b.
 *
 * Shapes: the mask gives the shape; a and b are tensors of one dtype that broadcast into it, or numbers of that dtype;
 * two numbers give f32. The branch not taken gets no cotangent, and adds none if it is NaN or infinite.
 * @throws ShapeError, DTypeError
 */
export const where: Op<Where> = op<Where>(
  {
    name: "where",
    kind: "map",
    law: "S, into S, into S → S",
    formula: "a where the mask is true, else b",
    gradient: "ct where the mask is true; ct where it is false",
    example: "where(tensor([true, false]), tensor([1, 2]), 0)",
    draw: (draw) => {
      const shape = draw.shape();
      const dtype = drawDType(draw, ["f32", "f16", "i32", "u32", "bool"]);
      const mask = draw.tensor(shape, { dtype: "bool" });
      const branches = [drawOperand(draw, shape, dtype, [1, 4]), drawOperand(draw, shape, dtype, [1, 4])];
      return branches.some(isTensor) || dtype === "f32"
        ? [mask, ...branches]
        : [mask, draw.tensor(shape, { dtype }), branches[1]];
    },
  },
  ((mask: unknown, a: unknown, b: unknown): AnyTensor => {
    if (!isTensor(mask)) throw new TypeError(`where: the mask is ${typeof mask}, and must be a bool tensor`);
    if (mask.dtype !== "bool")
      throw new DTypeError(
        `where: the mask is ${describe(mask)}, and must be bool; write a comparison, such as greater(x, 0)`,
      );
    const dtype: DType = [a, b].find(isTensor)?.dtype ?? "f32";
    const tensors: AnyTensor[] = [mask];
    const branch = (value: unknown, i: number): Expression => {
      if (typeof value === "number") return numberAs("where", value, dtype);
      if (!isTensor(value))
        throw new TypeError(`where: operand ${i} is ${typeof value}, and must be a tensor or a number`);
      if (value.dtype !== dtype) {
        throw new DTypeError(
          `where: operands ${describe(a as AnyTensor)} and ${describe(value)} differ in dtype; cast one of them`,
        );
      }
      return input(tensors.push(value) - 1, scalarTypeOf(dtype));
    };
    const expression = select.of(input(0, "bool"), branch(a, 2), branch(b, 3));
    return applyExpression("where", expression, dtype, broadcastInto("where", tensors));
  }) as Where,
);
