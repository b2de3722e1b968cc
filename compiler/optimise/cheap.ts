/** What is better made again than kept: tensors from nothing, and moves that give more elements than they take. */

import { sizeOf } from "../../dsl/shape.ts";
import type { Atom, Equation } from "../ir/program.ts";

const total = (atoms: readonly Atom[]): number => atoms.reduce((sum, { type }) => sum + sizeOf(type.shape), 0);

/**
 * A tensor of these is read more dearly from memory than it is computed where it is used. Passes that move work out of a
 * loop, or to load time, leave it, unless something that they move depends on it.
 */
export const isCheap = ({ operation, operands, outputs }: Equation): boolean => {
  if (operation.kind !== "primitive") return false;
  const { kind } = operation.primitive;
  return kind === "make" || (kind === "move" && total(outputs) > total(operands));
};
