/** Named maps: the scalar functions that models are written with, on tensors. */

import { type DType, DTypeError, type Float, intRange, isInt, type Numeric } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import type { Expression } from "../scalar/expression.ts";
import { constant, input } from "../scalar/expression.ts";
import type { ScalarFunction } from "../scalar/function.ts";
import * as scalar from "../scalar/index.ts";
import type { Shape } from "../shape.ts";
import { misfit } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { applyExpression, broadcastInto, scalarTypeOf } from "./elementwise.ts";
import type { Operand } from "./map.ts";

type FloatUnary = <S extends Shape, D extends Float>(x: In<S, D>) => Tensor<S, D>;
type NumericUnary = <S extends Shape, D extends Numeric>(x: In<S, D>) => Tensor<S, D>;
type FloatBinary = <S extends Shape, D extends Float>(a: In<S, D>, b: NoInfer<Operand<S, D>> | number) => Tensor<S, D>;
type NumericBinary = <S extends Shape, D extends Numeric>(
  a: In<S, D>,
  b: NoInfer<Operand<S, D>> | number,
) => Tensor<S, D>;
type Comparison = <S extends Shape, D extends Numeric>(
  a: In<S, D>,
  b: NoInfer<Operand<S, D>> | number,
) => Tensor<S, "bool">;

/** A number beside a tensor has its dtype. */
const numberAs = (name: string, value: number, dtype: DType): Expression => {
  if (isInt(dtype)) {
    const [low, high] = intRange(dtype);
    if (!Number.isInteger(value) || value < low || value > high)
      throw new DTypeError(`${name}: ${value} is no ${dtype}; cast the tensor, or round the number`);
  }
  return constant(value, scalarTypeOf(dtype));
};

/** Applies a scalar function to tensors and numbers; the first is a tensor and gives shape and dtype. */
const applyScalar = (
  fn: ScalarFunction,
  name: string,
  accepts: (dtype: DType) => boolean,
  args: readonly (AnyTensor | number)[],
  result?: DType,
): AnyTensor => {
  const first = args[0];
  if (!isTensor(first)) return misfit(`${name}: the first operand is ${typeof first}, and must be a tensor`);
  const operands: AnyTensor[] = [];
  const inputs = args.map((arg, i) => {
    if (typeof arg === "number") return numberAs(name, arg, first.dtype);
    if (!isTensor(arg)) return misfit(`${name}: operand ${i + 1} is ${typeof arg}, and must be a tensor or a number`);
    if (!accepts(arg.dtype))
      throw new DTypeError(
        `${name}: operand ${i + 1} is ${describe(arg)}, a dtype that ${name} does not take; cast it`,
      );
    if (arg.dtype !== first.dtype)
      throw new DTypeError(
        `${name}: operands ${describe(first)} and ${describe(arg)} differ in dtype; cast one of them`,
      );
    return input(operands.push(arg) - 1, scalarTypeOf(arg.dtype));
  });
  return applyExpression(name, fn.of(...inputs), result ?? first.dtype, broadcastInto(name, operands));
};

const isNumeric = (dtype: DType): boolean => dtype !== "bool";
const isFloatDType = (dtype: DType): boolean => dtype === "f32" || dtype === "f16";

const unary = <Signature extends (x: never) => unknown>(
  name: string,
  { record }: { readonly record: ScalarFunction },
  accepts: (dtype: DType) => boolean,
): Op<Signature> =>
  op<Signature>(
    {
      name,
      kind: "map",
      law: "S → S",
      formula: record.formula,
      gradient: record.derivative === "zero" ? "none" : "ct · f′(x)",
      draw: (draw) => [draw.tensor(draw.shape(), { domain: record.domain[0] as readonly [number, number] })],
    },
    ((x: AnyTensor) => applyScalar(record, name, accepts, [x])) as unknown as Signature,
  );

const binary = <Signature extends (a: never, b: never) => unknown>(
  name: string,
  { record }: { readonly record: ScalarFunction },
  accepts: (dtype: DType) => boolean,
  result?: DType,
): Op<Signature> =>
  op<Signature>(
    {
      name,
      kind: "map",
      law: "S, into S → S",
      formula: record.formula,
      gradient: record.derivative === "zero" ? "none" : "ct · ∂f/∂a, ct · ∂f/∂b",
      draw: (draw) => {
        const shape = draw.shape();
        const [a, b] = record.domain as [readonly [number, number], readonly [number, number]];
        return [
          draw.tensor(shape, { domain: a }),
          draw.tensor(draw.oneOf([shape, [], shape.map((dim) => draw.oneOf([dim, 1]))]), { domain: b }),
        ];
      },
    },
    ((a: AnyTensor, b: AnyTensor | number) =>
      applyScalar(record, name, accepts, [a, b], result)) as unknown as Signature,
  );

/** a + b. */
export const add: Op<NumericBinary> = binary("add", scalar.add, isNumeric);
/** a · b. */
export const mul: Op<NumericBinary> = binary("mul", scalar.mul, isNumeric);
void unary;
void isFloatDType;

export type { Comparison, FloatBinary, FloatUnary, NumericUnary };
