/** How a scalar function becomes an op on tensors: its types, its checks, and its record, all from the function's record. */

import { type DType, DTypeError, dtypes, type Float, intRange, isInt, type Numeric } from "../dtype.ts";
import { type Draw, type Op, op } from "../op.ts";
import { exampleAt, exampleTypes } from "../scalar/example.ts";
import { constant, type Expression, input } from "../scalar/expression.ts";
import type { Interval, ScalarFunction } from "../scalar/function.ts";
import type { Shape } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { applyExpression, broadcastInto, scalarTypeOf } from "./elementwise.ts";
import type { Operand } from "./map.ts";

export type Unary<Allowed extends DType> = <S extends Shape, D extends Allowed>(x: In<S, D>) => Tensor<S, D>;
export type FloatUnary = Unary<Float>;
export type NumericUnary = Unary<Numeric>;

export type Binary<Name extends string, Allowed extends DType> = <
  S extends Shape,
  D extends Allowed,
  const N extends number,
>(
  a: In<S, D>,
  b: NoInfer<Operand<S, D>> | (N & NumberAs<Name, N>[D]),
) => Tensor<S, D>;

export type Comparison<Name extends string> = <S extends Shape, D extends Numeric, const N extends number>(
  a: In<S, D>,
  b: NoInfer<Operand<S, D>> | (N & NumberAs<Name, N>[D]),
) => Tensor<S, "bool">;

/**
 * Which numbers may stand beside a tensor of each dtype. A table, not a condition, so that it holds where D is a type
 * parameter; written out in each signature, so that the checker's message shows the text.
 */
export interface NumberAs<Name extends string, N extends number> {
  readonly f32: unknown;
  readonly f16: unknown;
  readonly i32: IsWhole<N> extends true ? unknown : DTypeError<NumberMisfit<Name, N, "i32">>;
  readonly u32: IsWhole<N> extends true
    ? `${N}` extends `-${string}`
      ? DTypeError<NumberMisfit<Name, N, "u32">>
      : unknown
    : DTypeError<NumberMisfit<Name, N, "u32">>;
  readonly bool: DTypeError<`${Name}: ${N} beside bool; write a bool tensor`>;
}

/** Whether a number is whole, or is known only when the program runs. */
type IsWhole<N extends number> = number extends N ? true : `${N}` extends `${bigint}` ? true : false;

type NumberMisfit<
  Name extends string,
  N extends number,
  D extends DType,
> = `${Name}: ${N} is no ${D}; cast the tensor, or round the number`;
const numberMisfit = (name: string, value: number, dtype: DType): string =>
  `${name}: ${value} is no ${dtype}; cast the tensor, or round the number`;

/** A number beside a tensor has its dtype. */
export const numberAs = (name: string, value: number, dtype: DType): Expression => {
  if (dtype === "bool") throw new DTypeError(`${name}: ${value} beside bool; write a bool tensor`);
  if (isInt(dtype)) {
    const [low, high] = intRange(dtype);
    if (!Number.isInteger(value) || value < low || value > high) throw new DTypeError(numberMisfit(name, value, dtype));
  }
  return constant(value, scalarTypeOf(dtype));
};

/** The dtypes whose elements the function takes in every place. */
const acceptedBy = ({ arity, signature }: ScalarFunction): DType[] =>
  dtypes.filter((dtype) => signature(new Array(arity).fill(scalarTypeOf(dtype))) !== undefined);

/** Operands of one dtype as inputs of an expression, with the tensors in the shape of the first; numbers as constants. */
const operandsOf = (
  name: string,
  args: readonly unknown[],
  accepted: readonly DType[],
): { readonly inputs: readonly Expression[]; readonly tensors: readonly AnyTensor[]; readonly dtype: DType } => {
  const first = args.find(isTensor);
  const tensors: AnyTensor[] = [];
  const inputs = args.map((arg, i) => {
    if (typeof arg === "number" && i > 0 && first !== undefined) return numberAs(name, arg, first.dtype);
    if (!isTensor(arg)) {
      const due = i === 0 ? "a tensor" : "a tensor or a number";
      throw new TypeError(`${name}: operand ${i + 1} is ${arg === null ? "null" : typeof arg}, and must be ${due}`);
    }
    if (!accepted.includes(arg.dtype)) {
      throw new DTypeError(
        `${name}: ${describe(arg)} is of a dtype that ${name} does not take; cast it to ${accepted[0]}`,
      );
    }
    if (arg.dtype !== first?.dtype) {
      throw new DTypeError(
        `${name}: operands ${describe(first as AnyTensor)} and ${describe(arg)} differ in dtype; cast one of them`,
      );
    }
    return input(tensors.push(arg) - 1, scalarTypeOf(arg.dtype));
  });
  return { inputs, tensors: broadcastInto(name, tensors), dtype: (first as AnyTensor).dtype };
};

interface Named {
  readonly record: ScalarFunction;
}

const applyNamed = (name: string, fn: ScalarFunction, args: readonly unknown[]): AnyTensor => {
  const { inputs, tensors, dtype } = operandsOf(name, args, acceptedBy(fn));
  const expression = fn.of(...inputs);
  return applyExpression(name, expression, expression.type === "bool" ? "bool" : dtype, tensors);
};

/** Mostly f32, which alone has gradients to check in full precision. */
export const drawDType = (draw: Draw, accepted: readonly DType[]): DType =>
  accepted.includes("f32") && draw.integer(0, 3) > 0 ? "f32" : draw.oneOf(accepted);

/** A tensor in one of the forms that broadcast into a shape, or a number. */
export const drawOperand = (
  draw: Draw,
  shape: readonly number[],
  dtype: DType,
  domain: Interval | undefined,
): AnyTensor | number => {
  const form = draw.integer(0, dtype === "bool" ? 2 : 3);
  if (form === 3) {
    const [low, high] = domain ?? [0, 4];
    if (!isInt(dtype)) return low + ((high - low) * draw.integer(1, 6)) / 8;
    const least = dtype === "u32" ? Math.max(0, Math.ceil(low)) : Math.ceil(low);
    return draw.integer(least, Math.max(least, Math.floor(high)));
  }
  const operandShape = [shape, [], shape.map((dim) => draw.oneOf([dim, 1]))][form] as number[];
  return draw.tensor(operandShape, { dtype, ...(domain && !isInt(dtype) ? { domain } : {}) });
};

const drawFirst = (draw: Draw, dtype: DType, domain: Interval | undefined): AnyTensor =>
  draw.tensor(draw.shape(), { dtype, ...(domain && !isInt(dtype) ? { domain } : {}) });

/** A call on two places of the function's domain; other operands are numbers, or tensors of one boolean. */
const exampleOf = (name: string, record: ScalarFunction, arity = record.arity): string => {
  const [type = "f32"] = exampleTypes(record);
  const dtype = type === "f32" || type === "bool" ? "" : `, "${type}"`;
  const others = Array.from({ length: arity - 1 }, (_, i) => exampleAt(record, i + 1, 0.8));
  const texts = others.map((value) => (typeof value === "boolean" ? `tensor(${value})` : `${value}`));
  const first = `tensor([${exampleAt(record, 0, 0.3)}, ${exampleAt(record, 0, 0.8)}]${dtype})`;
  return `${name}(${[first, ...texts].join(", ")})`;
};

/** The op of a function of one operand. */
export const unary = <Signature extends Unary<never>>(name: string, { record }: Named): Op<Signature> =>
  op(
    {
      name,
      kind: "map",
      law: "S → S",
      formula: record.formula,
      gradient: record.derivative === "zero" ? "none" : "ct · f′(x)",
      example: exampleOf(name, record),
      scalar: record,
      draw: (draw) => [drawFirst(draw, drawDType(draw, acceptedBy(record)), record.domain[0])],
    },
    ((...args: unknown[]) => applyNamed(name, record, args.slice(0, 1))) as unknown as Signature,
  );

// biome-ignore lint/suspicious/noExplicitAny: each op states its signature, with its name in the messages
type AnySignature = (...args: any) => unknown;

/**
 * The op of a function of two or more operands: the first is a tensor, the others tensors or numbers. The last of them may be
 * left out where there are numbers for them.
 */
export const nary = <Signature extends AnySignature>(
  name: string,
  { record }: Named,
  defaults: readonly number[] = [],
): Op<Signature> =>
  op<Signature>(
    {
      name,
      kind: "map",
      law: `S${", into S".repeat(record.arity - 1)} → S`,
      formula: record.formula,
      gradient: record.derivative === "zero" ? "none" : "ct · ∂f, summed where an operand was broadcast",
      example: exampleOf(name, record, record.arity - defaults.length),
      scalar: record,
      draw: (draw) => {
        const dtype = drawDType(draw, acceptedBy(record));
        const [domain, ...domains] = record.domain;
        const first = drawFirst(draw, dtype, domain);
        const others = domains.map((domain) => drawOperand(draw, first.shape, dtype, domain));
        return [first, ...others.slice(0, others.length - draw.integer(0, defaults.length))];
      },
    },
    ((...args: unknown[]) =>
      applyNamed(
        name,
        record,
        Array.from({ length: record.arity }, (_, i) => args[i] ?? defaults[i - record.arity + defaults.length]),
      )) as unknown as Signature,
  );
