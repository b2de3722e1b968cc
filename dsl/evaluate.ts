/** The direct evaluator: tensors are typed arrays, primitives are plain loops. The meaning of every program. */

import type { DType } from "./dtype.ts";
import { roundToHalf } from "./half.ts";
import type { Dense, Elements, TensorType } from "./primitive.ts";
import { formatElements } from "./print.ts";
import { sizeOf } from "./shape.ts";
import { type AnyTensor, type Interpreter, interpretedOf, makeTensor } from "./tensor.ts";

/** Whether floats are kept in f64. Set by `inPrecision` alone. */
let precision: "f32" | "f64" = "f32";

/**
 * Runs `f` with every float tensor in f64 throughout: for finite differences, gradient checks and error bounds.
 * @throws TypeError where `f` is asynchronous, since the precision would leak out of it.
 */
export const inPrecision = <R>(wanted: "f32" | "f64", f: () => R): R => {
  const before = precision;
  precision = wanted;
  try {
    const result = f();
    if (typeof (result as { then?: unknown } | null)?.then === "function") {
      throw new TypeError("inPrecision: the function is asynchronous; await outside and compute inside");
    }
    return result;
  } finally {
    precision = before;
  }
};

/** A zeroed array for the elements of a tensor. */
export const allocate = (dtype: DType, size: number): Elements => {
  switch (dtype) {
    case "f32":
    case "f16":
      return precision === "f64" ? new Float64Array(size) : new Float32Array(size);
    case "i32":
      return new Int32Array(size);
    case "u32":
      return new Uint32Array(size);
    case "bool":
      return new Uint8Array(size);
    default:
      return dtype satisfies never;
  }
};

/** A concrete tensor. f16 elements are rounded here, once, so that no rule needs to. */
export const fromElements = (type: TensorType, data: Elements): AnyTensor => {
  if (type.dtype === "f16" && data instanceof Float32Array)
    for (let i = 0; i < data.length; i++) data[i] = roundToHalf(data[i] as number);
  return makeTensor(direct, { shape: Object.freeze([...type.shape]), dtype: type.dtype }, data);
};

/** @throws TypeError inside a transform, where a tensor has no elements to be read. */
export const denseOf = (reader: string, tensor: AnyTensor): Dense => {
  const { interpreter, payload, shape, dtype } = interpretedOf<Elements>(tensor);
  if (interpreter !== direct) {
    throw new TypeError(
      `${reader}: a tensor inside ${interpreter.name} has no elements yet; return it, and read the result`,
    );
  }
  return { shape, dtype, data: payload };
};

export const direct: Interpreter = {
  name: "the direct evaluator",
  level: 0,
  apply: (primitive, params, operands, type) =>
    fromElements(
      type,
      primitive.evaluate(
        params,
        operands.map((operand) => denseOf(primitive.name, operand)),
        type,
      ),
    ),
  print: (tensor) => formatElements(denseOf("print", tensor)),
};

/** `allocate` for a type. */
export const allocateFor = (type: TensorType): Elements => allocate(type.dtype, sizeOf(type.shape));
