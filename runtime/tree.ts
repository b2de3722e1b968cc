/** Trees of arguments and results against those that a plan has. */

import { ArgumentError } from "./errors.ts";
import type { Tree } from "./plan.ts";

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return `${value}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value !== "object") return `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? "an empty record" : `a record of ${keys.slice(0, 8).join(", ")}`;
};

/**
 * The leaves of a value where `tree` has tensors, in the order of the tree, whatever the order of the value's fields. As in
 * the language, a record may have fields besides.
 * @throws ArgumentError where the value has no leaf, naming the place
 */
export const leavesOf = (name: string, tree: Tree, value: unknown): { name: string; value: unknown }[] => {
  if (tree === null) return [{ name, value }];
  const wrong = (what: string): never => {
    throw new ArgumentError(`${name} must be ${what}, and is ${kindOf(value)}`);
  };
  if (Array.isArray(tree)) {
    if (!Array.isArray(value) || value.length !== tree.length) return wrong(`an array of ${tree.length}`);
    return tree.flatMap((child: Tree, i) => leavesOf(`${name}.${i}`, child, value[i]));
  }
  const keys = Object.keys(tree);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return wrong(`a record of ${keys.join(", ")}`);
  const missing = keys.filter((key) => !Object.hasOwn(value, key));
  if (missing.length > 0) throw new ArgumentError(`${name} has no ${missing.join(", ")}; it is ${kindOf(value)}`);
  const children = tree as { readonly [key: string]: Tree };
  return keys.flatMap((key) =>
    leavesOf(`${name}.${key}`, children[key] as Tree, (value as Record<string, unknown>)[key]),
  );
};

/** The tree around leaves, which are given in its order. */
export const treeWith = (tree: Tree, leaves: Iterator<unknown>): unknown => {
  if (tree === null) return leaves.next().value;
  if (Array.isArray(tree)) return tree.map((child: Tree) => treeWith(child, leaves));
  return Object.fromEntries(Object.entries(tree).map(([key, child]) => [key, treeWith(child as Tree, leaves)]));
};

/** A tree of any form with `f` of the values that are leaves, one after the other. */
export const mapTree = async (
  name: string,
  value: unknown,
  isLeaf: (value: unknown) => boolean,
  f: (name: string, leaf: unknown) => Promise<unknown>,
): Promise<unknown> => {
  if (isLeaf(value)) return f(name, value);
  if (typeof value !== "object" || value === null)
    throw new ArgumentError(`${name} is ${kindOf(value)}, where a tree has host data { dtype, shape, data }`);
  const made: [string, unknown][] = [];
  for (const [key, child] of Object.entries(value)) made.push([key, await mapTree(`${name}.${key}`, child, isLeaf, f)]);
  return Array.isArray(value) ? made.map(([, child]) => child) : Object.fromEntries(made);
};
