/** Trees: readonly records and tuples with tensors at the leaves, as arguments and results. */

import type { DType } from "./dtype.ts";
import { misfit, type Shape } from "./shape.ts";
import { type AnyTensor, type In, isTensor, type Tensor } from "./tensor.ts";

/** The tree with another type at every leaf. */
export type TreeOf<P, Leaf> = P extends In ? Leaf : { readonly [K in keyof P]: TreeOf<P[K], Leaf> };

/** A tensor and its place: `inputBlocks.3.weight`, or `(root)` for a tree that is one leaf. */
interface Leaf {
  readonly path: string;
  readonly tensor: AnyTensor;
}

const kindOf = (value: unknown): string =>
  value === undefined || value === null ? `${value}` : typeof value === "object" ? "a record" : `a ${typeof value}`;

/** Rebuilds the records and tuples of a tree around `f` of each leaf. */
const rebuild = (op: string, tree: unknown, path: readonly string[], f: (leaf: Leaf) => unknown): unknown => {
  if (isTensor(tree)) return f({ path: path.length === 0 ? "(root)" : path.join("."), tensor: tree });
  if (Array.isArray(tree)) return tree.map((child, index) => rebuild(op, child, [...path, `${index}`], f));
  if (typeof tree === "object" && tree !== null) {
    return Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, rebuild(op, child, [...path, key], f)]));
  }
  return misfit(
    `${op}: ${kindOf(tree)} at ${path.join(".") || "(root)"}, where a tree has a tensor; pass what is static beside the tree`,
  );
};

/** The leaves with their paths, for functions that name the op they serve. */
export const leavesOf = (op: string, tree: unknown): Leaf[] => {
  const leaves: Leaf[] = [];
  rebuild(op, tree, [], (leaf) => leaves.push(leaf));
  return leaves;
};

/** The leaves in order: fields as written, tuples by index. */
export const treeLeaves = (tree: unknown): AnyTensor[] => leavesOf("treeLeaves", tree).map(({ tensor }) => tensor);

/** The dotted path of each leaf, in the order of `treeLeaves`. */
export const treePaths = (tree: unknown): string[] => leavesOf("treePaths", tree).map(({ path }) => path);

/** The same records and tuples around other leaves, given in the order of `treeLeaves`. */
export const treeWith = <P, Value>(tree: P, leaves: readonly Value[]): TreeOf<P, Value> => {
  let next = 0;
  return rebuild("treeWith", tree, [], () => leaves[next++]) as TreeOf<P, Value>;
};

/**
 * Each leaf of `tree` with the leaf of `other` at the same path, whatever the order of the fields. `what` names the trees.
 * @throws ShapeError where their structures differ
 */
export const pairsOfLeaves = (
  op: string,
  what: string,
  tree: unknown,
  other: unknown,
): (Leaf & { readonly match: AnyTensor })[] => {
  const others = new Map(leavesOf(op, other).map(({ path, tensor }) => [path, tensor]));
  const differ = (path: string): never => misfit(`${op}: ${what} differ: only one of them has a tensor at ${path}`);
  const pairs = leavesOf(op, tree).map((leaf) => {
    const match = others.get(leaf.path) ?? differ(leaf.path);
    others.delete(leaf.path);
    return { ...leaf, match };
  });
  for (const path of others.keys()) differ(path);
  return pairs;
};

/** The leaves of two trees of one structure, in pairs. */
export const treeZip = <P>(a: P, b: NoInfer<P>): (readonly [AnyTensor, AnyTensor])[] =>
  pairsOfLeaves("treeZip", "the trees", a, b).map(({ tensor, match }) => [tensor, match]);

/** The dtypes of a tree's leaves, as a union: what an op in the lambda of `treeMap` must take. */
type LeafDType<P> =
  P extends In<readonly unknown[], infer D>
    ? D
    : P extends readonly unknown[]
      ? LeafDType<P[number]>
      : { [K in keyof P]: LeafDType<P[K]> }[keyof P];

/**
 * A tree of one structure with `f` of the leaves that stand at the same place in each: `treeMap(f, params, gradients)`.
 * `f` keeps shape and dtype, so the result has the type of the first tree.
 * @throws ShapeError where the structures differ
 */
export const treeMap = <P, Others extends readonly unknown[]>(
  f: <S extends Shape, D extends LeafDType<P> & DType>(
    leaf: Tensor<S, D>,
    ...others: { [K in keyof Others]: Tensor<S, D> }
  ) => Tensor<S, D>,
  tree: P,
  ...others: { [K in keyof Others]: Others[K] & NoInfer<P> }
): P => {
  const columns = others.map((other) => pairsOfLeaves("treeMap", "the trees", tree, other).map(({ match }) => match));
  const leaves = treeLeaves(tree).map((leaf, row) =>
    f(leaf, ...(columns.map((column) => column[row]) as { [K in keyof Others]: AnyTensor })),
  );
  return treeWith(tree, leaves) as P;
};
