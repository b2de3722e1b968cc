/** What optimisers have in common: trees of one structure, a rate, and the result of a step. */

import { DTypeError } from "../dtype.ts";
import { full, map, zeros } from "../ops.ts";
import { misfit, sameShape } from "../shape.ts";
import { type AnyTensor, describe, type In, isTensor, type Tensor } from "../tensor.ts";
import { treeLeaves, treeMap, treePaths } from "../tree.ts";

/** A rate of learning, or a share: a number, or one that varies at run time, such as a schedule's. */
export type Rate = number | In<[], "f32">;

/** What a step gives: the new parameters, and what the next step is to be told. */
export interface Stepped<out P, out State> {
  readonly params: P;
  readonly state: State;
}

/** A number of a step as a tensor of rank 0. */
export const scalarOf = (name: string, what: string, value: Rate): Tensor<[]> => {
  if (typeof value === "number") return full([], value);
  if (!isTensor(value) || value.dtype !== "f32" || value.shape.length !== 0) {
    const given = isTensor(value) ? describe(value) : typeof value;
    return misfit(`optim.${name}: ${what} is ${given}, and must be a number or f32[]`);
  }
  return value as Tensor<[]>;
};

/** Throws unless a number lies in [0, 1). */
export const checkShare = (name: string, what: string, value: number): void => {
  if (!(value >= 0 && value < 1))
    throw new RangeError(`optim.${name}: ${what} is ${value}, and must be from 0 up to, but not, 1`);
};

/** Throws unless a number is finite and not below 0. */
export const checkNotNegative = (name: string, what: string, value: number): void => {
  if (!(value >= 0 && value < Infinity))
    throw new RangeError(`optim.${name}: ${what} is ${value}, and must be a number from 0 up`);
};

/** A tree with `f` of the leaves at each place of trees that are alike. */
export const mapLeaves = treeMap as unknown as <P>(
  f: (...leaves: readonly Tensor[]) => Tensor,
  ...trees: readonly P[]
) => P;

/** Zeros in the shapes of the parameters. */
export const zerosLike = <P>(params: P): P => mapLeaves((x) => zeros(x.shape), params);

type Leaves = Readonly<Record<string, AnyTensor>>;

const leavesByPath = (name: string, what: string, tree: unknown): Leaves => {
  const leaves = treeLeaves(tree);
  const paths = treePaths(tree);
  leaves.forEach((leaf, i) => {
    if (leaf.dtype === "f32") return;
    throw new DTypeError(
      `optim.${name}: the ${what} at ${paths[i]} is ${describe(leaf)}, and must be of f32; cast where a network reads it`,
    );
  });
  return Object.fromEntries(paths.map((path, i) => [path, leaves[i] as AnyTensor]));
};

/**
 * Trees of f32 tensors have one structure and one shape at each place. Each stands under what messages call one of its
 * leaves; the first is what the others must be like.
 * @throws ShapeError, DTypeError
 */
export const checkAlike = (name: string, trees: Readonly<Record<string, unknown>>): void => {
  const [[first, tree], ...others] = Object.entries(trees) as [[string, unknown], ...[string, unknown][]];
  const due = leavesByPath(name, first, tree);
  for (const [what, other] of others) {
    const found = leavesByPath(name, what, other);
    for (const [path, leaf] of Object.entries(due)) {
      const match = found[path];
      if (match === undefined) misfit(`optim.${name}: there is a ${first} at ${path}, and no ${what}`);
      else if (!sameShape(match.shape, leaf.shape)) {
        misfit(
          `optim.${name}: the ${what} at ${path} is ${describe(match)}, and must have the shape of the ${first}, ${describe(leaf)}`,
        );
      }
    }
    for (const path of Object.keys(found))
      if (due[path] === undefined) misfit(`optim.${name}: there is a ${what} at ${path}, and no ${first}`);
  }
};

/** The gradients of the loss plus decay / 2 · ‖p‖². */
export const decayed = <P>(gradients: P, params: P, decay: number): P =>
  decay === 0 ? gradients : mapLeaves((g, p) => map(g, p, (g, p) => g + decay * p), gradients, params);
