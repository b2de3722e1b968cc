/** A rule of the algebra of tensors: what it matches, and what it may ask and write. */

import type { Primitive, TensorType } from "../../../dsl/primitive.ts";
import type { Shape } from "../../../dsl/shape.ts";
import type { Atom, Equation, PrimitiveOperation, Variable } from "../../ir/program.ts";
import type { Site } from "../rewrite.ts";
import { uniformResult } from "../uniform.ts";

/** An equation of a primitive, with the names that rules use. */
export interface Match<Params> {
  readonly params: Params;
  readonly operands: readonly Atom[];
  /** The first operand. */
  readonly x: Atom;
  /** The shape of `x`. */
  readonly from: Shape;
  /** Of the result. */
  readonly type: TensorType;
}

/** What a rule may ask of the program around, and do there. */
export interface Around {
  /** How a value was made, if it was by this primitive. */
  readonly made: <Params>(atom: Atom, primitive: Primitive<Params>) => Match<Params> | undefined;
  /** Another primitive before this one. */
  readonly write: Site["write"];
  /** The one value of all elements of the result, where the equation is a move of such a value. */
  readonly uniform: () => number | undefined;
}

/** Another primitive in the place of the one that matches. */
interface Replacement {
  readonly primitive: Primitive;
  readonly params: unknown;
  readonly operands: readonly Atom[];
}

export const become = <Params>(
  primitive: Primitive<Params>,
  params: Params,
  operands: readonly Atom[],
): Replacement => ({ primitive: primitive as Primitive, params, operands });

/** A value that is there already, or a primitive that gives it. */
type Rewritten = Atom | Replacement | undefined;
export type Rewrite<Params> = (match: Match<Params>, around: Around) => Rewritten;

export interface AlgebraRule {
  /** The rule in words. */
  readonly name: string;
  /** The name of the primitive; `kind move` for all moves. */
  readonly of: string;
  readonly rewrite: Rewrite<never>;
}

export const rule = <Params>(of: string, name: string, rewrite: Rewrite<Params>): AlgebraRule => ({
  of,
  name: `${of} ${name}`,
  rewrite,
});

const matchOf = <Params>({ params }: PrimitiveOperation, { operands, outputs }: Equation): Match<Params> => {
  const x = operands[0] as Atom;
  const { type } = outputs[0] as Variable;
  return { params: params as Params, operands, x, from: x?.type.shape ?? [], type };
};

/** Asks rules in turn, in one program; gives what the first that matches makes of an equation. */
export const applying = (site: Site) => {
  let current: Equation | undefined;
  const around: Around = {
    made: (atom, primitive) => {
      const definition = site.definitionOf(atom);
      if (definition?.operation.kind !== "primitive" || definition.operation.primitive !== (primitive as Primitive))
        return undefined;
      return matchOf(definition.operation, definition);
    },
    write: site.write,
    uniform: () => current && uniformResult(current, site.definitionOf),
  };
  return (
    rules: readonly AlgebraRule[],
    operation: PrimitiveOperation,
    equation: Equation,
  ): readonly Atom[] | Equation | undefined => {
    const match = matchOf<never>(operation, equation);
    for (const { rewrite } of rules) {
      current = equation;
      const next = rewrite(match, around);
      if (next === undefined) continue;
      return "primitive" in next
        ? {
            ...equation,
            operation: { kind: "primitive", primitive: next.primitive, params: next.params },
            operands: next.operands,
          }
        : [next];
    }
    return undefined;
  };
};
