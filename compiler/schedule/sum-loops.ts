/**
 * The loops over what a reduction combines: in the order of the memory that it reads, an axis that addresses take apart being
 * several loops, and neighbours that they do not being one.
 */

import {
  addIndices,
  coefficientOf,
  type Index,
  type IndexAtom,
  type IndexVariable,
  indexOf,
  indexVariable,
  scaleIndex,
  substituteIndex,
} from "../kernel/index-expression.ts";
import { mergeAxes, placesAt } from "./domain.ts";
import { domainStrides, orderByStride } from "./elementwise-kernel.ts";

/** Addresses of what is combined, that of the largest tensor among them. */
export interface Addresses {
  readonly all: readonly Index[];
  readonly main: Index;
}

export interface SumLoops {
  /** Loops over what is combined, the outermost first. */
  readonly axes: readonly IndexVariable[];
  /** Places along the axes of the reduction for places along the loops. */
  readonly placesOf: (loops: readonly Index[]) => Index[];
  readonly addresses: Addresses;
  /** Whether neighbours along the innermost loop are neighbours in memory. */
  readonly isContiguous: boolean;
}

/** Divisors by which the addresses take an axis apart: ⌊i / k⌋ and i mod k are two loops. */
const divisorsOf = (indices: readonly Index[], variable: IndexVariable): number[] => {
  const found = new Set<number>();
  const visit = (atom: IndexAtom): void => {
    if (atom.kind === "variable") return;
    const [only] = atom.of.terms;
    if (atom.of.terms.length === 1 && only?.atom === variable && only.coefficient === 1 && atom.of.constant === 0)
      found.add(atom.by);
    for (const term of atom.of.terms) visit(term.atom);
  };
  for (const index of indices) for (const { atom } of index.terms) visit(atom);
  return [...found].filter((by) => variable.size % by === 0 && by > 1 && by < variable.size).sort((a, b) => a - b);
};

/** `addressesAt` gives the addresses for places along the axes that are combined. */
export const sumLoops = (sizes: readonly number[], addressesAt: (sums: readonly Index[]) => Addresses): SumLoops => {
  const variables = sizes.map((size, i) => indexVariable(`k${i}`, size));
  const whole = addressesAt(variables.map(indexOf)).all;
  const parts = variables.map((variable) => {
    const cuts = [1, ...divisorsOf(whole, variable), variable.size];
    const nested = cuts.every((cut, i) => i === 0 || cut % (cuts[i - 1] as number) === 0) ? cuts : [1, variable.size];
    return nested.slice(1).map((to, i) => {
      const from = nested[i] as number;
      return { step: from, variable: indexVariable(`${variable.name}${nested.length > 2 ? `_${i}` : ""}`, to / from) };
    });
  });
  const partVariables = parts.flat().map(({ variable }) => variable);
  const partedPlaces = (of: (variable: IndexVariable) => Index): Index[] =>
    parts.map((own) => addIndices(...own.map(({ step, variable }) => scaleIndex(of(variable), step))));
  const addresses = addressesAt(partedPlaces(indexOf));
  const order = orderByStride(domainStrides(addresses.main, partVariables));
  const merged = mergeAxes(partVariables, order, addresses.all);
  const partsAt = (loops: readonly Index[]): readonly Index[] => placesAt(merged, loops);

  const last = merged.axes.at(-1);
  const alongLast = partsAt(merged.axes.map((axis) => (axis === last ? indexOf(axis) : indexOf(0))));
  const step =
    last &&
    coefficientOf(
      substituteIndex(addresses.main, (variable) => alongLast[partVariables.indexOf(variable)]),
      last,
    );
  return {
    axes: merged.axes,
    placesOf: (loops) => {
      const at = partsAt(loops);
      return partedPlaces((variable) => at[partVariables.indexOf(variable)] as Index);
    },
    addresses,
    isContiguous: last !== undefined && step === 1 && last.size >= 4,
  };
};
