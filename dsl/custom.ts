/** Functions that say something about their own gradient: `customVjp`, `checkpoint`. */

import { fullLike } from "./ops/make.ts";
import { misfit, sameShape, show } from "./shape.ts";
import { type Tape, tapeOf } from "./tape.ts";
import type { AnyTensor } from "./tensor.ts";
import { leavesOf, treeWith } from "./tree.ts";

/** One cotangent an argument, of the argument's own type; `null` where it is zero, or has none. */
type Cotangents<A extends readonly unknown[]> = { readonly [K in keyof A]: A[K] | null };

const tensorsOf = (tree: unknown): AnyTensor[] => leavesOf("customVjp", tree).map(({ tensor }) => tensor);

/**
 * `f` with a pullback of its own: `pullback(ct, output, …args)` gives a cotangent for each argument.
 *
 * Arguments and result are tensors or trees of tensors. Second derivatives differentiate the pullback's body.
 * @throws ShapeError where a cotangent has not the shape of its argument; TypeError where `f` captures a tensor that is
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
      const result = pullback(treeWith(output, filled) as R, output, ...primals);
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
const cotangentsOf = (arg: unknown, ct: unknown, position: number): (AnyTensor | undefined)[] => {
  const tensors = tensorsOf(arg);
  if (ct === null || ct === undefined) return tensors.map(() => undefined);
  const cts = tensorsOf(ct);
  return tensors.map((tensor, i) => {
    const found = cts[i];
    if (found === undefined || cts.length !== tensors.length || !sameShape(found.shape, tensor.shape)) {
      misfit(
        `customVjp: argument ${position + 1} has tensors ${tensors.map(({ shape }) => show(shape)).join(", ")}, its cotangent has ${cts.map(({ shape }) => show(shape)).join(", ") || "none"}; they must be equal, or null`,
      );
    }
    return found;
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
