/** The language: everything that `typegrad` exports. */

export { type ByteSource, bytesSource, FormatError } from "./bytes.ts";
export { checkpoint, customVjp } from "./custom.ts";
export type { Dim, Double, Dyn, Half, Minus, Plus, Quotient, Sym, Times } from "./dim.ts";
export { type DType, DTypeError, type Float, type Int, type Numeric } from "./dtype.ts";
export { inPrecision } from "./evaluate.ts";
export { type Host, type HostArrays, type HostDType, type HostTree, toHost } from "./host.ts";
export { composite } from "./ops/composite.ts";
export * from "./ops.ts";
export { format, print } from "./print.ts";
export {
  readSafetensors,
  type Safetensors,
  safetensorsChunks,
  type TensorTree,
  writeSafetensors,
} from "./safetensors.ts";
export type { SafetensorsEntry } from "./safetensors-header.ts";
export * as scalar from "./scalar/index.ts";
export { type Shape, ShapeError } from "./shape.ts";
export { type In, isTensor, type Tensor } from "./tensor.ts";
export { grad, jvp, valueAndGrad, vjp } from "./transform.ts";
export { treeLeaves, treeMap, treePaths, treeZip } from "./tree.ts";
