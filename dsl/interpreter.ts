/** Applying a primitive: infers the type, then asks the interpreter of highest level. */

import { direct } from "./evaluate.ts";
import type { Primitive } from "./primitive.ts";
import { type AnyTensor, type Interpreter, interpretedOf, isTensor } from "./tensor.ts";

/** Who applies a primitive whose operands name nobody higher. A compiler puts itself here while it reads a program. */
let ambient: Interpreter = direct;

/** The interpreter of highest level among the tensors, or the ambient one. */
const highest = (tensors: readonly AnyTensor[]): Interpreter => {
  let interpreter = ambient;
  for (const tensor of tensors) {
    const own = interpretedOf(tensor).interpreter;
    if (own.level > interpreter.level) interpreter = own;
  }
  return interpreter;
};

export const apply = <Params>(
  primitive: Primitive<Params>,
  params: Params,
  operands: readonly AnyTensor[],
): AnyTensor => {
  const type = primitive.infer(params, operands);
  return highest(operands).apply(primitive as Primitive, params, operands, type);
};

/** Applies a named function: its body in ordinary ops, unless the interpreter keeps composites whole. */
export const applyComposite = <A extends readonly unknown[], R>(name: string, args: A, body: (...args: A) => R): R => {
  const interpreter = highest(args.filter(isTensor));
  return interpreter.composite === undefined
    ? body(...args)
    : (interpreter.composite(name, args, body as (...args: readonly unknown[]) => unknown) as R);
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
