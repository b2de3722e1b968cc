/**
 * Sums over tensors that are joined along a summed axis: Σ over k of concat(x, y)[k] · b[k] is a sum over x and one over y, so
 * that the joined tensor need not be stored.
 */

import type { Atom, Variable } from "../ir/program.ts";
import { indexOf, indexVariable, offsetIndex, sameIndex } from "../kernel/index-expression.ts";
import type { Condition } from "../kernel/kernel.ts";
import { accessesOf } from "./accesses.ts";
import type { Node } from "./graph.ts";
import { placeOf } from "./walk.ts";

export interface SumPieces {
  /** The operand that is joined. */
  readonly operand: 0 | 1;
  /** The axis of the products that is cut. */
  readonly axis: number;
  readonly pieces: readonly { readonly start: number; readonly size: number }[];
  /** What each piece reads of the joined operand. */
  readonly bases: readonly Atom[];
}

/** Each piece is loops of its own in the kernel, and a tensor that it is bound to. */
const mostPieces = 4;

/**
 * The pieces of a sum of products of which one operand is joined from tensors, and only the sum counts the axis along which
 * it is. `nodeOf` gives how a variable is computed that is read in place.
 */
export const sumPieces = (root: Node, nodeOf: (variable: Variable) => Node | undefined): SumPieces | undefined => {
  const { lowering, operands } = root;
  if (lowering.kind !== "products") return undefined;
  const variables = lowering.axes.map(({ size }, axis) => indexVariable(`p${axis}`, size));
  const look = (operand: 0 | 1, cut?: { readonly axis: number; readonly start: number; readonly size: number }) => {
    const places = variables.map((variable, axis) =>
      axis === cut?.axis ? offsetIndex(indexOf(indexVariable("piece", cut.size)), cut.start) : indexOf(variable),
    );
    const [bases, conditions]: [Atom[], Condition[]] = [[], []];
    const reads = lowering.operands[operand].map((read) => placeOf(read, places));
    accessesOf(
      [[operands[operand] as Atom, reads]],
      nodeOf,
      (from) => void bases.push(from),
      (condition) => void conditions.push(condition),
    );
    return { bases, conditions };
  };
  for (const operand of [0, 1] as const) {
    const { conditions } = look(operand);
    if (conditions.length === 0) continue;
    const axis = variables.findIndex((variable, own) => {
      if (lowering.axes[own]?.result !== null) return false;
      return conditions.every(
        (condition) =>
          condition.kind === "range" &&
          sameIndex(condition.index, offsetIndex(indexOf(variable), condition.index.constant)),
      );
    });
    if (axis < 0) continue;
    const { size } = lowering.axes[axis] as (typeof lowering.axes)[number];
    const cuts = conditions.flatMap((condition) =>
      condition.kind === "range"
        ? [condition.low - condition.index.constant, condition.high - condition.index.constant]
        : [],
    );
    const starts = [...new Set([0, ...cuts])].filter((cut) => cut >= 0 && cut < size).sort((a, b) => a - b);
    const pieces = starts.map((start, i) => ({ start, size: (starts[i + 1] ?? size) - start }));
    if (pieces.length > mostPieces) return undefined;
    const looks = pieces.map((piece) => look(operand, { axis, ...piece }));
    if (looks.some(({ bases, conditions: left }) => left.length > 0 || bases.length !== 1)) return undefined;
    return { operand, axis, pieces, bases: looks.map(({ bases }) => bases[0] as Atom) };
  }
  return undefined;
};
