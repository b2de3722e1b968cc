/**
 * `Tensor`, the one value type of the language.
 *
 * `Tensor` is invariant in shape and dtype, so that a generic dim is never inferred as a union such as `64 | 128`, which
 * would switch the checks off in generic user code; library inputs are the covariant view `In`.
 *
 * A tensor carries its interpreter: the direct evaluator's hold an array, a gradient tape's hold a primal and a place on
 * the tape. Applying a primitive asks the interpreter of highest level among its operands (`interpreter.ts`).
 */

import type { DType } from "./dtype.ts";
import type { Primitive, TensorType } from "./primitive.ts";

/** Marks tensors, so that host data of the same fields is not taken for one. */
export const TENSOR: unique symbol = Symbol("typegrad.tensor");

// biome-ignore-start lint/suspicious/noExplicitAny: `In` and `Tensor` without arguments mean any shape

/** What library functions accept: a tensor read covariantly. */
export interface In<out S extends readonly unknown[] = any, out D extends DType = DType> {
  readonly [TENSOR]: true;
  readonly shape: S;
  readonly dtype: D;
}

/** An immutable tensor of shape S and element type D. */
export interface Tensor<in out S extends readonly unknown[] = any, in out D extends DType = "f32"> {
  readonly [TENSOR]: true;
  readonly shape: S;
  readonly dtype: D;
}

/** A tensor whose type is known only when the program runs: rules and interpreters work on these. */
export type AnyTensor = Tensor<any, any>;

// biome-ignore-end lint/suspicious/noExplicitAny: above

/** What applying a primitive means to the tensors of one interpreter. */
export interface Interpreter {
  readonly name: string;
  /** The highest level among the operands of a primitive decides who applies it. */
  readonly level: number;
  /** `type` is what the primitive's `infer` said of these operands. */
  readonly apply: (
    primitive: Primitive,
    params: unknown,
    operands: readonly AnyTensor[],
    type: TensorType,
  ) => AnyTensor;
  /** Keeps a composite as one named region, where the interpreter wants it so; else its body is applied. */
  readonly composite?: (
    name: string,
    args: readonly unknown[],
    body: (...args: readonly unknown[]) => unknown,
  ) => unknown;
  /** Text of a tensor's elements, for `print`. */
  readonly print: (tensor: AnyTensor) => string;
}

/** The fields of a tensor that only interpreters see. */
export interface Interpreted<Payload = unknown> extends TensorType {
  readonly interpreter: Interpreter;
  readonly payload: Payload;
}

/** Methods that turn accidents with tensors (`x + 1`, `${x}`) into answers. */
const prototype = {
  [TENSOR]: true as const,
  toString(this: AnyTensor): string {
    return `${describe(this)} ${interpretedOf(this).interpreter.print(this)}`;
  },
  [Symbol.toPrimitive](this: AnyTensor, hint: string): string {
    if (hint === "string") return describe(this);
    throw new TypeError(
      `${describe(this)} is no number: JavaScript's operators do not work on tensors; write add, mul, less … or a map, such as map(x, (x) => x + 1)`,
    );
  },
  [Symbol.for("nodejs.util.inspect.custom")](this: AnyTensor): string {
    return this.toString();
  },
};

export const makeTensor = <Payload>(interpreter: Interpreter, type: TensorType, payload: Payload): AnyTensor => {
  const tensor = Object.create(prototype);
  tensor.shape = type.shape;
  tensor.dtype = type.dtype;
  tensor.interpreter = interpreter;
  tensor.payload = payload;
  return Object.freeze(tensor);
};

export const interpretedOf = <Payload>(tensor: AnyTensor): Interpreted<Payload> =>
  tensor as unknown as Interpreted<Payload>;

export const isTensor = (value: unknown): value is AnyTensor =>
  typeof value === "object" && value !== null && TENSOR in value;

/** `f32[2, 3]`. */
export const describe = (type: TensorType): string => `${type.dtype}[${type.shape.join(", ")}]`;
