/** The language: everything that `typegrad` exports. */

export type { Dim, Dyn, Sym } from "./dim.ts";
export { type DType, DTypeError, type Float, type Int, type Numeric } from "./dtype.ts";
export { inPrecision } from "./evaluate.ts";
export * from "./ops.ts";
export * as scalar from "./scalar/index.ts";
export { type Shape, ShapeError } from "./shape.ts";
export { type In, isTensor, type Tensor } from "./tensor.ts";
export { grad, jvp, valueAndGrad, vjp } from "./transform.ts";
export { treeLeaves, treeMap, treePaths, treeZip } from "./tree.ts";
