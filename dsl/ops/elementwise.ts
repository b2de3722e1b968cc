/** `map`'s primitive: one scalar function over operands of one shape; and broadcasting, which is made explicit first. */

import { type DType, DTypeError, isFloat, isInt } from "../dtype.ts";
import { allocateFor } from "../evaluate.ts";
import { apply } from "../interpreter.ts";
import { type Dense, type Elements, type Primitive, primitive, type TensorType } from "../primitive.ts";
import { derivative } from "../scalar/derivative.ts";
import { type Expression, input, nodesOf, type ScalarType, substitute, toFunction } from "../scalar/expression.ts";
import { numericDerivative } from "../scalar/numeric.ts";
import { misfit, type Shape, sameShape, show } from "../shape.ts";
import { type AnyTensor, describe, isTensor } from "../tensor.ts";
import { expandTo, reshapeTo } from "./broadcast.ts";

type ScalarValue = number | boolean;

/** What a map computes for one element. A user's lambda has no expression when it runs directly: a black box. */
export interface ScalarBody {
  readonly evaluate: (...inputs: ScalarValue[]) => ScalarValue;
  readonly expression?: Expression;
}

export interface MapParams {
  readonly body: ScalarBody;
  readonly dtype: DType;
  /** The user's word for this map in messages. */
  readonly op: string;
}

/** The type that an element of this dtype computes in. */
export const scalarTypeOf = (dtype: DType): ScalarType => (isFloat(dtype) ? "f32" : dtype);

export const bodyOf = (expression: Expression): ScalarBody => ({ evaluate: toFunction(expression), expression });

export const mapPrimitive: Primitive<MapParams> = primitive({
  name: "map",
  kind: "map",
  infer: ({ dtype, op }, operands) => {
    const shape = operands[0]?.shape ?? [];
    for (const operand of operands) {
      if (!sameShape(operand.shape, shape))
        misfit(`internal: ${op}: operands of ${show(shape)} and ${show(operand.shape)}`);
    }
    return { shape, dtype };
  },
  evaluate: evaluateMap,
  lower: ({ body: { expression }, op }) => {
    if (expression === undefined) throw new Error(`internal: ${op}: a lambda that was not read has no expression`);
    return { kind: "map", body: expression };
  },
  pullback: ({ params, operands, ct }, index) => {
    const { body, op } = params;
    const dtype = (operands[index] as AnyTensor).dtype;
    if (body.expression === undefined) {
      const evaluate = body.evaluate as (...inputs: ScalarValue[]) => number;
      const pull: ScalarBody = {
        evaluate: (...inputs) => {
          const ct = inputs.pop() as number;
          const at = (x: number): number => {
            const moved = [...inputs];
            moved[index] = x;
            return evaluate(...moved);
          };
          return ct === 0 ? 0 : ct * numericDerivative(at, inputs[index] as number);
        },
      };
      return apply(mapPrimitive, { body: pull, dtype, op }, [...operands, ct]);
    }
    const pulled = derivative(body.expression, index, input(operands.length));
    return pulled && applyExpression(op, pulled, dtype, [...operands, ct]);
  },
});

/** Applies a map of a known expression to the operands that it uses. */
export const applyExpression = (
  op: string,
  expression: Expression,
  dtype: DType,
  operands: readonly AnyTensor[],
): AnyTensor => {
  const used = [...new Set(nodesOf(expression).flatMap((node) => (node.kind === "input" ? [node.index] : [])))].sort(
    (a, b) => a - b,
  );
  // A constant still needs an operand for its shape.
  const kept = used.length === 0 ? [0] : used;
  const renumbered = substitute(expression, (node) => input(kept.indexOf(node.index), node.type));
  return apply(
    mapPrimitive,
    { body: bodyOf(renumbered), dtype, op },
    kept.map((index) => operands[index] as AnyTensor),
  );
};

function evaluateMap({ body, dtype, op }: MapParams, operands: readonly Dense[], type: TensorType): Elements {
  const out = allocateFor(type);
  const { evaluate } = body;
  const inputs = operands.map(
    ({ data, dtype }): ArrayLike<ScalarValue> => (dtype === "bool" ? Array.from(data, Boolean) : data),
  );
  const [a, b, c] = inputs as [ArrayLike<ScalarValue>, ArrayLike<ScalarValue>, ArrayLike<ScalarValue>];
  const put = (i: number, value: ScalarValue): void => {
    out[i] = value as number;
    checkElement(op, dtype, i, value, out[i] as number);
  };
  if (inputs.length === 1) for (let i = 0; i < out.length; i++) put(i, evaluate(a[i] as ScalarValue));
  else if (inputs.length === 2)
    for (let i = 0; i < out.length; i++) put(i, evaluate(a[i] as ScalarValue, b[i] as ScalarValue));
  else if (inputs.length === 3)
    for (let i = 0; i < out.length; i++)
      put(i, evaluate(a[i] as ScalarValue, b[i] as ScalarValue, c[i] as ScalarValue));
  else for (let i = 0; i < out.length; i++) put(i, evaluate(...inputs.map((input) => input[i] as ScalarValue)));
  return out;
}

/** A lambda is JavaScript and may return anything: an element must be one of its dtype. */
const checkElement = (op: string, dtype: DType, i: number, value: ScalarValue, stored: number): void => {
  if (typeof value !== (dtype === "bool" ? "boolean" : "number")) {
    const due = dtype === "bool" ? "boolean" : "number";
    throw new DTypeError(
      `${op}: the lambda gave the ${typeof value} ${value} for element ${i}, where ${dtype} is due; return a ${due} in every case`,
    );
  }
  if (isInt(dtype) && stored !== value) {
    throw new DTypeError(
      `${op}: the lambda gave ${value} for element ${i}, which is no ${dtype}; write the integer form, such as (a + b) | 0, Math.imul(a, b) or Math.trunc(a / b) | 0, with >>> 0 for u32`,
    );
  }
};

/** Operands in the shape of the first: equal rank with dims equal or 1, or rank 0. */
export const broadcastInto = (op: string, operands: readonly AnyTensor[]): AnyTensor[] => {
  const shape: Shape = (operands[0] as AnyTensor).shape;
  return operands.map((operand, i) => {
    const from: Shape = operand.shape;
    if (sameShape(from, shape)) return operand;
    if (from.length === 0)
      return expandTo(
        reshapeTo(
          operand,
          shape.map(() => 1),
        ),
        shape,
      );
    if (from.length !== shape.length || from.some((dim, axis) => dim !== shape[axis] && dim !== 1))
      misfit(operandMisfit(op, i + 1, from, shape));
    return expandTo(operand, shape);
  });
};

const operandMisfit = (op: string, position: number, from: Shape, shape: Shape): string => {
  const rule = `${op}: operand ${position} is ${show(from)}, which does not broadcast into ${show(shape)}, the shape of the first`;
  if (from.length !== shape.length)
    return shape.length === 0
      ? `${rule}: its rank is ${from.length}, and must be 0; put the larger operand first, or expand the first`
      : `${rule}: its rank is ${from.length}, and must be ${shape.length} or 0; reshape it`;
  const axis = from.findIndex((dim, axis) => dim !== shape[axis] && dim !== 1);
  return `${rule}: axis ${axis} has ${from[axis]}, and must have ${shape[axis] === 1 ? "1; put the larger operand first, or expand the first" : `${shape[axis]} or 1`}`;
};

/** Throws unless `x` is a float tensor, of the dtype of `first` if one is given. */
export const checkFloat = (op: string, x: unknown, first?: AnyTensor): void => {
  if (!isTensor(x)) throw new TypeError(`${op}: an operand is ${x === null ? "null" : typeof x}, and must be a tensor`);
  if (!isFloat(x.dtype))
    throw new DTypeError(`${op}: ${describe(x)} is of a dtype that ${op} does not take; cast it to f32`);
  if (first !== undefined && x.dtype !== first.dtype) {
    throw new DTypeError(`${op}: operands ${describe(first)} and ${describe(x)} differ in dtype; cast one of them`);
  }
};
