/** What every transform asks of arguments, results, cotangents and tangents, run directly or compiled. */

import { DTypeError, isFloat } from "./dtype.ts";
import { fullLike } from "./ops/make.ts";
import { misfit, sameShape, show } from "./shape.ts";
import { type AnyTensor, describe, isTensor } from "./tensor.ts";
import { leavesOf, pairsOfLeaves } from "./tree.ts";

/** Float leaves of an argument that is differentiated. */
export const differentiable = (op: string, tree: unknown): AnyTensor[] =>
  leavesOf(op, tree).map(({ path, tensor }) => {
    if (!isFloat(tensor.dtype)) {
      throw new DTypeError(
        `${op}: ${describe(tensor)} at ${path} has no gradient; cast it to f32, or take it as a later argument`,
      );
    }
    return tensor;
  });

/** The leaves of a cotangent or tangent, in the order of the tree whose structure, shapes and dtypes it has. */
export const leavesLike = (
  op: string,
  [name, givenName]: readonly [string, string],
  tree: unknown,
  given: unknown,
): AnyTensor[] =>
  pairsOfLeaves(op, `the ${givenName} and the ${name}`, tree, given).map(({ path, tensor, match }) => {
    if (!sameShape(match.shape, tensor.shape)) {
      misfit(
        `${op}: the ${givenName} at ${path} is ${show(match.shape)}, the ${name} is ${show(tensor.shape)}; they must be equal`,
      );
    }
    if (match.dtype !== tensor.dtype) {
      throw new DTypeError(
        `${op}: the ${givenName} at ${path} is ${describe(match)}, the ${name} is ${describe(tensor)}; cast it to ${tensor.dtype}`,
      );
    }
    return match;
  });

/** The one float of rank 0 that a gradient is of. */
export const scalarResult = (op: string, value: unknown): AnyTensor => {
  if (!isTensor(value))
    return misfit(`${op}: the function must return one tensor of rank 0; return the loss alone, or use vjp`);
  if (value.shape.length > 0)
    misfit(`${op}: the function returns ${show(value.shape)}, and must return rank 0; sum or average it`);
  if (!isFloat(value.dtype))
    throw new DTypeError(`${op}: the function returns ${value.dtype}, which has no gradient; return f32`);
  return value;
};

/** Zeros like the result of a function, all of whose tensors must be floats. */
export const zeroTangents = (value: unknown): AnyTensor[] =>
  leavesOf("jvp", value).map(({ path, tensor }) => {
    if (!isFloat(tensor.dtype))
      throw new DTypeError(
        `jvp: the result at ${path} is ${describe(tensor)}, which has no tangent; return floats alone`,
      );
    return fullLike(tensor, 0);
  });
