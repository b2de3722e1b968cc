/** `fold`: a loop that stays a loop. */

import type { DType } from "../dtype.ts";
import { type Op, op } from "../op.ts";
import { misfit, type Shape, type ShapeError, sameShape } from "../shape.ts";
import { type AnyTensor, describe, type In, type Tensor } from "../tensor.ts";
import { leavesOf, treeWith } from "../tree.ts";
import { reshapeTo } from "./broadcast.ts";
import { full } from "./make.ts";
import { add, mul } from "./named.ts";
import { sliceAxis } from "./window.ts";

/** What one step sees of the leaves: each without its leading axis. */
type Item<X> =
  X extends In<readonly [unknown, ...infer R], infer D extends DType>
    ? Tensor<[...R], D>
    : { readonly [K in keyof X]: Item<X[K]> };

/** The leading dims of all leaves, as a union. */
type Leading<X> = X extends In
  ? X extends In<readonly [infer N, ...unknown[]]>
    ? N
    : "none"
  : X extends readonly unknown[]
    ? Leading<X[number]>
    : { [K in keyof X]: Leading<X[K]> }[keyof X];

type OneOf<N, All = N> = [N] extends [never] ? true : N extends unknown ? ([All] extends [N] ? true : false) : never;

/** Refuses leaves of several leading dims, and leaves without one. */
type StepsFit<X> =
  "none" extends Leading<X>
    ? ShapeError<NoLeading>
    : true extends OneOf<Leading<X>>
      ? unknown
      : ShapeError<StepsMisfit>;

type NoLeading = "fold: xs has a tensor of rank 0, without a leading axis; each step takes one item of every tensor";
const noLeading: NoLeading =
  "fold: xs has a tensor of rank 0, without a leading axis; each step takes one item of every tensor";

type StepsMisfit = "fold: the leading axes of xs differ; each step takes one item of every tensor";
const stepsMisfit: StepsMisfit = "fold: the leading axes of xs differ; each step takes one item of every tensor";

type Fold = <X, C>(xs: X & StepsFit<X>, init: C, step: (carry: C, x: Item<X>, i: Tensor<[], "i32">) => NoInfer<C>) => C;

/** Number of steps: the leading dim of every leaf. */
export const stepsOf = (leaves: readonly AnyTensor[]): number => {
  const [first] = leaves;
  if (first === undefined)
    return misfit("fold: xs has no tensors; the number of steps is their leading axis, as of iota(n)");
  if (leaves.some(({ shape }) => shape.length === 0)) misfit(noLeading);
  if (leaves.some(({ shape }) => shape[0] !== first.shape[0])) misfit(stepsMisfit);
  return first.shape[0];
};

/** The carry keeps its structure, shapes and dtypes. */
export const checkCarry = (before: unknown, after: unknown): void => {
  const olds = leavesOf("fold", before);
  const news = new Map(leavesOf("fold", after).map(({ path, tensor }) => [path, tensor]));
  for (const { path, tensor } of olds) {
    const found = news.get(path);
    if (
      found === undefined ||
      found.dtype !== tensor.dtype ||
      !sameShape(found.shape as Shape, tensor.shape as Shape)
    ) {
      misfit(
        `fold: the carry changes at ${path} from ${describe(tensor)} to ${found ? describe(found) : "nothing"}; a step returns what it takes`,
      );
    }
  }
  if (news.size !== olds.length)
    misfit(`fold: the carry changes from ${olds.length} tensors to ${news.size}; a step returns what it takes`);
};

/**
 * carry ← step(carry, xs[i], i) for each i along the leading axis of xs; returns the last carry.
 *
 * xs, and the carry, are tensors or trees of them; the carry keeps its shapes and dtypes. Compiled, it stays a loop of as
 * many steps as the leading axis is long.
 * @throws ShapeError
 */
export const fold: Op<Fold> = op(
  {
    name: "fold",
    kind: "fold",
    law: "[N, ...R], carry, (carry, [...R], i) → carry  →  carry",
    formula: "carry ← step(carry, xs[i], i), i = 0 … N − 1",
    gradient: "a fold from the last step to the first",
    example: "fold(tensor([1, 2, 3]), tensor(10), (carry, x) => sub(carry, x))",
    draw: (draw) => {
      const shape = draw.shape({ maxRank: 2 });
      const xs = draw.tensor([draw.integer(1, 3), ...shape]);
      return [xs, draw.tensor(shape), (carry: AnyTensor, x: AnyTensor) => add(mul(carry, x), x)];
    },
  },
  ((xs: unknown, init: unknown, step: (carry: unknown, x: unknown, i: AnyTensor) => unknown): unknown => {
    const leaves = leavesOf("fold", xs).map(({ tensor }) => tensor);
    const steps = stepsOf(leaves);
    let carry = init;
    for (let i = 0; i < steps; i++) {
      const items = leaves.map((leaf) => reshapeTo(sliceAxis(leaf, 0, i, 1), leaf.shape.slice(1)));
      const next = step(carry, treeWith(xs, items), full([], i, "i32"));
      checkCarry(carry, next);
      carry = next;
    }
    return carry;
  }) as unknown as Fold,
);
