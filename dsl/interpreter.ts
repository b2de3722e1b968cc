/** Applying a primitive: infers the type, then asks the interpreter of highest level. */

import { direct } from "./evaluate.ts";
import type { Primitive } from "./primitive.ts";
import { type AnyTensor, type Interpreter, interpretedOf } from "./tensor.ts";

/** Who applies a primitive whose operands name nobody higher. A compiler puts itself here while it reads a program. */
let ambient: Interpreter = direct;

export const apply = <Params>(
  primitive: Primitive<Params>,
  params: Params,
  operands: readonly AnyTensor[],
): AnyTensor => {
  let interpreter = ambient;
  for (const operand of operands) {
    const own = interpretedOf(operand).interpreter;
    if (own.level > interpreter.level) interpreter = own;
  }
  const type = primitive.infer(params, operands);
  return interpreter.apply(primitive as Primitive, params, operands, type);
};

/** Runs `f` with all that names no interpreter applied by `interpreter`. */
export const withAmbient = <R>(interpreter: Interpreter, f: () => R): R => {
  const before = ambient;
  ambient = interpreter;
  try {
    return f();
  } finally {
    ambient = before;
  }
};
