/** Values that are one number everywhere: `full`, constants of equal elements, and what only moves them. */

import type { DType } from "../../dsl/dtype.ts";
import { denseOf, direct } from "../../dsl/evaluate.ts";
import { fullPrimitive } from "../../dsl/ops/make.ts";
import type { Atom, Constant, Equation, Variable } from "../ir/program.ts";

const known = new WeakMap<Constant, number | "several">();

const elementOf = (constant: Constant): number | undefined => {
  let found = known.get(constant);
  if (found === undefined) {
    const { data } = constant.value;
    const first = data[0];
    found = first !== undefined && data.every((element) => Object.is(element, first)) ? first : "several";
    known.set(constant, found);
  }
  return found === "several" ? undefined : found;
};

/** The number as the direct evaluator keeps it in a tensor of this dtype. */
const stored = (value: number, dtype: DType): number => {
  const type = { shape: [], dtype };
  const operation = { ...type, value };
  return denseOf("full", direct.apply(fullPrimitive as never, operation, [], type)).data[0] as number;
};

type DefinitionOf = (atom: Atom) => Equation | undefined;

/** The one number of a value, or `undefined`. A value of no elements has none. */
export const uniformOf = (atom: Atom, definitionOf: DefinitionOf): number | undefined => {
  if (atom.kind === "constant") return elementOf(atom);
  const equation = definitionOf(atom);
  return equation && uniformResult(equation, definitionOf);
};

/** The one number that an equation gives: `full`, or a move of one number. */
export const uniformResult = ({ operation, operands, outputs }: Equation, definitionOf: DefinitionOf) => {
  const { type } = outputs[0] as Variable;
  if (operation.kind !== "primitive" || type.shape.includes(0)) return undefined;
  const { primitive, params } = operation;
  const { value } = (params ?? {}) as { readonly value?: number };
  if (primitive === fullPrimitive) return stored(value as number, type.dtype);
  if (primitive.kind !== "move") return undefined;
  // A move gives elements of its operands, and where it has a `value` (pad), that one.
  let found: number | undefined = value === undefined ? undefined : stored(value, type.dtype);
  for (const operand of operands) {
    const one = uniformOf(operand, definitionOf);
    if (one === undefined || (found !== undefined && !Object.is(one, found))) return undefined;
    found = one;
  }
  return found;
};
