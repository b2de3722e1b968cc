/**
 * Gradients as functions on functions. Each is with respect to the first argument, a tensor or a tree of tensors; they
 * nest, and go through every op of the language, `fold` included.
 */

import { DTypeError, type Float, isFloat } from "./dtype.ts";
import { fullLike } from "./ops/make.ts";
import { misfit, sameShape, show } from "./shape.ts";
import { type Tape, withTape } from "./tape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "./tensor.ts";
import { leavesOf, treeWith } from "./tree.ts";

/** Float leaves of an argument that is differentiated. */
const differentiable = (op: string, tree: unknown): AnyTensor[] =>
  leavesOf(op, tree).map(({ path, tensor }) => {
    if (!isFloat(tensor.dtype)) {
      throw new DTypeError(
        `${op}: ${describe(tensor)} at ${path} has no gradient; pass integers and booleans in a later argument`,
      );
    }
    return tensor;
  });

interface Recorded<P, R> {
  readonly value: R;
  readonly pullback: (ct: R) => P;
}

/** Runs `f` on a tape. */
const record = <P, A extends readonly unknown[], R>(
  op: string,
  f: (p: P, ...rest: A) => R,
  p: P,
  rest: A,
): Recorded<P, R> => {
  const primals = differentiable(op, p);
  return withTape((tape: Tape) => {
    const watched = primals.map(tape.watch);
    const result = f(treeWith(p, watched) as P, ...rest);
    const results = leavesOf(op, result).map(({ tensor }) => tensor);
    const pullback = (ct: R): P => {
      const cts = cotangents(op, results, ct);
      const gradients = tape.pullback(results, cts, watched);
      return treeWith(
        p,
        gradients.map((gradient, i) => gradient ?? fullLike(primals[i] as AnyTensor, 0)),
      ) as P;
    };
    return { value: treeWith(result, results.map(tape.primalOf)) as R, pullback };
  });
};

/** The leaves of a cotangent, which has the structure and the shapes of the result. */
const cotangents = (op: string, results: readonly AnyTensor[], ct: unknown): AnyTensor[] => {
  const leaves = leavesOf(op, ct);
  if (leaves.length !== results.length)
    misfit(`${op}: the cotangent has ${leaves.length} tensors, the result has ${results.length}`);
  return leaves.map(({ path, tensor }, i) => {
    const result = results[i] as AnyTensor;
    if (!sameShape(tensor.shape, result.shape)) {
      misfit(
        `${op}: the cotangent at ${path} is ${show(tensor.shape)}, the result is ${show(result.shape)}; they must be equal`,
      );
    }
    return tensor;
  });
};

const scalarResult = (op: string, value: unknown): AnyTensor => {
  if (!isTensor(value))
    return misfit(`${op}: the function must return one tensor of rank 0; return the loss alone, or use vjp`);
  if (value.shape.length > 0)
    misfit(`${op}: the function returns ${show(value.shape)}, and must return rank 0; sum or average it`);
  if (!isFloat(value.dtype))
    throw new DTypeError(`${op}: the function returns ${value.dtype}, which has no gradient; return f32`);
  return value;
};

/**
 * ∇f with respect to the first argument: a function of the same arguments, to a tree of the first one's type.
 * @throws ShapeError where f does not return rank 0; DTypeError where a leaf is not of a float type.
 */
export const grad =
  <P, A extends readonly unknown[]>(f: (p: P, ...rest: A) => In<[], Float>): ((p: P, ...rest: A) => P) =>
  (p, ...rest) => {
    const { value, pullback } = record("grad", f, p, rest);
    return pullback(fullLike(scalarResult("grad", value), 1));
  };

/** f and ∇f in one run: `[value, gradient]`. */
export const valueAndGrad =
  <P, A extends readonly unknown[], D extends Float>(
    f: (p: P, ...rest: A) => Tensor<[], D>,
  ): ((p: P, ...rest: A) => readonly [Tensor<[], D>, P]) =>
  (p, ...rest) => {
    const { value, pullback } = record("valueAndGrad", f, p, rest);
    return [value, pullback(fullLike(scalarResult("valueAndGrad", value), 1))];
  };

/**
 * f and its pullback, `[value, ct ↦ Jᵀ ct]`: a cotangent of the result's type to one of the first argument's.
 */
export const vjp =
  <P, A extends readonly unknown[], R>(
    f: (p: P, ...rest: A) => R,
  ): ((p: P, ...rest: A) => readonly [R, (ct: R) => P]) =>
  (p, ...rest) => {
    const { value, pullback } = record("vjp", f, p, rest);
    return [value, pullback];
  };

/**
 * f and its derivative along a tangent of the first argument: `[f(p), J tangent]`.
 *
 * The pullback u ↦ Jᵀu is linear, so its own pullback is J.
 */
export const jvp =
  <P, A extends readonly unknown[], R>(
    f: (p: P, ...rest: A) => R,
  ): ((p: P, tangent: P, ...rest: A) => readonly [R, R]) =>
  (p, tangent, ...rest) => {
    const [value, pullback] = vjp(f)(p, ...rest);
    const zero = treeWith(
      value,
      leavesOf("jvp", value).map(({ tensor }) => fullLike(tensor, 0)),
    ) as R;
    const [, push] = vjp(pullback)(zero);
    return [value, push(tangent)];
  };
