/**
 * Algebra: equations of tensors and of numbers, one line a rule (`algebra/`), by the names of the primitives.
 *
 * Each rule gives fewer equations, smaller operands or a simpler primitive, so that they come to an end. No rule changes a
 * NaN or an infinity; sums may be rounded in another place. It runs after gradients, when `stopGradient` has done its work.
 */

import type { Primitive } from "../../dsl/primitive.ts";
import type { Program } from "../ir/program.ts";
import { mapRules } from "./algebra/maps.ts";
import { moveRules } from "./algebra/moves.ts";
import { reductionRules } from "./algebra/reductions.ts";
import { type AlgebraRule, applying } from "./algebra/rule.ts";
import { type Rule, rewrite } from "./rewrite.ts";

export const algebraRules: readonly AlgebraRule[] = [...moveRules, ...reductionRules, ...mapRules];

/** The pass that knows these rules. */
export const algebraOf = (rules: readonly AlgebraRule[]): ((program: Program) => Program) => {
  const byPrimitive = new Map<Primitive, readonly AlgebraRule[]>();
  const rulesFor = (primitive: Primitive): readonly AlgebraRule[] => {
    let found = byPrimitive.get(primitive);
    if (found === undefined) {
      found = rules.filter(({ of }) => of === primitive.name || of === `kind ${primitive.kind}`);
      byPrimitive.set(primitive, found);
    }
    return found;
  };
  const scope = (): Rule => {
    let apply: ReturnType<typeof applying> | undefined;
    return (equation, site) => {
      const { operation } = equation;
      if (operation.kind !== "primitive") return undefined;
      const candidates = rulesFor(operation.primitive);
      if (candidates.length === 0) return undefined;
      apply ??= applying(site);
      return apply(candidates, operation, equation);
    };
  };
  return (program) => rewrite(program, scope);
};

export const algebra: (program: Program) => Program = algebraOf(algebraRules);
