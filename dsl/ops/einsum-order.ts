/** In which order `einsum` multiplies its operands: pairs, chosen by what they cost. */

import type { Labels } from "./contract.ts";

/** An operand by its position, or the product of two. */
export type Order = number | readonly [Order, Order];

interface Costed {
  readonly order: Order;
  readonly cost: number;
}

/** The labels that the product of some operands keeps: those of the result, or of an operand that is not among them. */
export const keptLabels = (among: readonly number[], operands: readonly Labels[], output: Labels): Labels => {
  const wanted = new Set([...output, ...operands.flatMap((labels, i) => (among.includes(i) ? [] : labels))]);
  return [...new Set(among.flatMap((i) => operands[i] as Labels))].filter((label) => wanted.has(label));
};

/** Of so many operands all orders are compared; there are 3ⁿ parts to look at. */
const most = 8;

/**
 * The order of least cost, found over all sets of operands: a product of two costs the multiplications that it takes and the
 * elements that it makes. Too many operands go from left to right.
 */
export const cheapestOrder = (
  operands: readonly Labels[],
  output: Labels,
  sizes: ReadonlyMap<string, number>,
): Order => {
  if (operands.length > most) return operands.map((_, i): Order => i).reduce((a, b) => [a, b]);
  const product = (labels: Iterable<string>): number =>
    [...new Set(labels)].reduce((product, label) => product * (sizes.get(label) as number), 1);
  // The last operand is the lowest bit, so that it is the first to be taken away from a set.
  const bitOf = (operand: number): number => 1 << (operands.length - 1 - operand);
  const members = (set: number): number[] => operands.flatMap((_, i) => (set & bitOf(i) ? [i] : []));
  const kept = (set: number): Labels => keptLabels(members(set), operands, output);

  const known = new Map<number, Costed>();
  const cheapest = (set: number): Costed => {
    const found = known.get(set);
    if (found !== undefined) return found;
    const [first = 0, ...rest] = members(set);
    let best: Costed = { order: first, cost: rest.length === 0 ? 0 : Infinity };
    // Every part that has the first operand, the largest first: among equal costs it goes from left to right.
    for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
      if ((part & bitOf(first)) === 0) continue;
      const [a, b] = [cheapest(part), cheapest(set & ~part)];
      const own = product([...kept(part), ...kept(set & ~part)]) + product(kept(set));
      const cost = a.cost + b.cost + own;
      if (cost < best.cost) best = { order: [a.order, b.order], cost };
    }
    known.set(set, best);
    return best;
  };
  return cheapest(2 ** operands.length - 1).order;
};
