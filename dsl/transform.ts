/**
 * Gradients as functions on functions. Each is with respect to the first argument, a tensor or a tree of tensors; they
 * nest, and go through every op of the language, `fold` included.
 */

import type { Float } from "./dtype.ts";
import { fullLike } from "./ops/make.ts";
import { type Tape, withTape } from "./tape.ts";
import type { AnyTensor, In, Tensor } from "./tensor.ts";
import { differentiable, leavesLike, scalarResult, zeroTangents } from "./transform-rules.ts";
import { leavesOf, treeWith } from "./tree.ts";

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
      const cts = leavesLike(op, ["result", "cotangent"], result, ct);
      const gradients = tape.pullback(results, cts, watched);
      return treeWith(
        p,
        gradients.map((gradient, i) => gradient ?? fullLike(primals[i] as AnyTensor, 0)),
      ) as P;
    };
    return { value: treeWith(result, results.map(tape.primalOf)) as R, pullback };
  });
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
    const { value, pullback } = record("jvp", f, p, rest);
    const pushed = treeWith(p, leavesLike("jvp", ["first argument", "tangent"], p, tangent)) as P;
    const zeros = zeroTangents(value);
    const linear = record("jvp", pullback, treeWith(value, zeros) as R, []);
    return [value, linear.pullback(pushed)];
  };
