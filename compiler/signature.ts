/** Parameters and results of a program as trees, and as the lists of tensors that it has instead. */

import { misfit } from "../dsl/shape.ts";
import { isTensor } from "../dsl/tensor.ts";
import type { Signature, Structure } from "./frontend/read.ts";

export const leafCount = (structure: Structure): number =>
  structure === null ? 1 : Object.values(structure).reduce((count, child) => count + leafCount(child as Structure), 0);

const listOf = ({ parameters }: Signature): string => parameters.map(({ name }) => name).join(", ") || "none";

/** @throws ShapeError where `bind` or `donate` name what is no parameter, or both name one */
export const checkNames = (
  name: string,
  signature: Signature,
  { bind = [], donate = [] }: { readonly bind?: readonly string[]; readonly donate?: readonly string[] },
): void => {
  const known = new Set(signature.parameters.map((parameter) => parameter.name));
  for (const [option, names] of Object.entries({ bind, donate }))
    for (const one of names)
      if (!known.has(one)) misfit(`${name}: ${option} names ${one}, and the parameters are ${listOf(signature)}`);
  for (const one of bind)
    if (donate.includes(one))
      misfit(
        `${name}: ${one} is both bound, which keeps it for all calls, and donated, which spends it in one; take it out of bind or of donate`,
      );
};

/** Places of the tensors of parameters of some names, in the list of all. */
export const placesOf = ({ parameters }: Signature, names: readonly string[]): Set<number> => {
  const places = new Set<number>();
  let at = 0;
  for (const { name, structure } of parameters) {
    if (structure === "static") continue;
    const count = leafCount(structure);
    if (names.includes(name)) for (let i = at; i < at + count; i++) places.add(i);
    at += count;
  }
  return places;
};

/** The leaves of a value where the structure has tensors. `isLeaf` are values that may stand there. */
export const flatten = (
  name: string,
  value: unknown,
  structure: Structure,
  path: string,
  isLeaf: (value: unknown) => boolean,
  out: unknown[] = [],
): unknown[] => {
  const kind = isTensor(value) ? "a tensor" : value === null ? "null" : typeof value;
  if (structure === null) {
    if (!isLeaf(value)) misfit(`${name}: ${path} is ${kind}, and must be a tensor`);
    out.push(value);
    return out;
  }
  if (typeof value !== "object" || value === null || isTensor(value))
    misfit(`${name}: ${path} is ${kind}, and must be a ${Array.isArray(structure) ? "tuple" : "record"} of tensors`);
  for (const [key, child] of Object.entries(structure))
    flatten(name, (value as Record<string, unknown>)[key], child as Structure, `${path}.${key}`, isLeaf, out);
  return out;
};

/** The tree around leaves, which are taken in order. */
export const unflatten = (structure: Structure, leaves: Iterator<unknown>): unknown => {
  if (structure === null) return leaves.next().value;
  if (Array.isArray(structure)) return structure.map((child: Structure) => unflatten(child, leaves));
  return Object.fromEntries(
    Object.entries(structure).map(([key, child]) => [key, unflatten(child as Structure, leaves)]),
  );
};
