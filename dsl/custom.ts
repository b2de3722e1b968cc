/** Functions that say something about their own gradient: `customVjp`, `checkpoint`. */

import { DTypeError } from "./dtype.ts";
import { fullLike } from "./ops/make.ts";
import { misfit, sameShape } from "./shape.ts";
import { type Tape, tapeOf } from "./tape.ts";
import { type AnyTensor, describe } from "./tensor.ts";
import { leavesOf, pairsOfLeaves, treeWith } from "./tree.ts";

/** One cotangent an argument, of the argument's own type; `null` where it is zero, or has none. */
type Cotangents<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] | null };

const tensorsOf = (tree: unknown): AnyTensor[] => leavesOf("customVjp", tree).map(({ tensor }) => tensor);

/**
 * `f` with a pullback of its own: `pullback(ct, output, …args)` gives a cotangent for each argument.
 *
 * Arguments and result are tensors or trees of tensors. Second derivatives differentiate the pullback's body.
 * @throws ShapeError, DTypeError where a cotangent has not the type of its argument; TypeError where `f` captures a tensor that is
 * being differentiated, whose gradient the pullback could not give.
 */
export const customVjp = <A extends readonly unknown[], R>(
  f: (...args: A) => R,
  pullback: (ct: R, output: R, ...args: A) => Cotangents<A>,
): ((...args: A) => R) => {
  const run = (...args: A): R => {
    const operands = tensorsOf(args);
    const tape = tapeOf(operands);
    return tape === undefined ? f(...args) : recorded(tape, args, operands);
  };

  const recorded = (tape: Tape, args: A, operands: readonly AnyTensor[]): R => {
    const primals = treeWith(args, operands.map(tape.primalOf)) as unknown as A;
    const output = run(...primals);
    const outputs = tensorsOf(output);
    if (outputs.some((tensor) => tape.primalOf(tensor) !== tensor)) {
      throw new TypeError(
        "customVjp: the function captures a tensor that is being differentiated; pass it as an argument",
      );
    }
    const pull = (cts: readonly (AnyTensor | undefined)[]): (AnyTensor | undefined)[] => {
      const filled = outputs.map((tensor, i) => cts[i] ?? fullLike(tensor, 0));
      const result: readonly unknown[] = pullback(treeWith(output, filled) as R, output, ...primals);
      if (!Array.isArray(result) || result.length !== args.length) {
        const found = Array.isArray(result) ? `a list of ${result.length}` : "no list";
        misfit(
          `customVjp: the pullback gives ${found}, and must give a list of ${args.length}: a cotangent, or null, for each argument`,
        );
      }
      return args.flatMap((arg, i) => cotangentsOf(arg, result[i], i));
    };
    let last: readonly (AnyTensor | undefined)[] | undefined;
    let pulled: (AnyTensor | undefined)[] = [];
    const watched = tape.record(operands, outputs, (cts, index) => {
      if (cts !== last) {
        last = cts;
        pulled = pull(cts);
      }
      return pulled[index];
    });
    return treeWith(output, watched) as R;
  };
  return run;
};

/** The cotangents of an argument's tensors, checked. */
export const cotangentsOf = (arg: unknown, ct: unknown, position: number): (AnyTensor | undefined)[] => {
  if (ct === null) return tensorsOf(arg).map(() => undefined);
  const what = `the cotangent and argument ${position + 1}`;
  return pairsOfLeaves("customVjp", what, arg, ct).map(({ path, tensor, match }) => {
    const differ = `customVjp: ${what} differ at ${path}: ${describe(match)} and ${describe(tensor)}; they must be equal, or the cotangent null`;
    if (!sameShape(match.shape, tensor.shape)) misfit(differ);
    if (match.dtype !== tensor.dtype) throw new DTypeError(differ);
    return match;
  });
};

/**
 * `f`, to be computed again on the way back instead of keeping what it computed: less memory for more time.
 *
 * The meaning is that of `f`; run directly, nothing else happens. The compiler recomputes.
 */
export const checkpoint =
  <A extends readonly unknown[], R>(f: (...args: A) => R): ((...args: A) => R) =>
  (...args) =>
    f(...args);
