/**
 * Hoist: what each step of a loop would compute alike is computed once, before the loop.
 *
 * That is: equations of captures and constants alone; carries that a step returns as they were, which are captures; items
 * that are one tensor repeated, which are captures too; stacks of one value, which are that value repeated. Loops inside
 * go first, so that what leaves an inner loop may leave the outer one.
 */

import { expandPrimitive, reshapePrimitive } from "../../dsl/ops/broadcast.ts";
import { type FoldParts, foldOf, partsOf } from "../ir/fold-parts.ts";
import type { Atom, Equation, FoldOperation, Program, Variable } from "../ir/program.ts";
import { lift, placeLifted } from "./lift.ts";
import { replaced, rewrite, type Site } from "./rewrite.ts";

type Given = FoldParts["captures"][number];

/** A carry that no step changes is a capture, and its last value is its first. */
const steadyCarries = (parts: FoldParts): FoldParts | undefined => {
  const steady = parts.carries.filter(({ next, parameter }) => next === parameter);
  if (steady.length === 0) return undefined;
  return {
    ...parts,
    carries: parts.carries.filter((carry) => !steady.includes(carry)),
    captures: [...parts.captures, ...steady.map(({ first, parameter }) => ({ operand: first, parameter }))],
  };
};

/** The tensor that is repeated along the leading axis, and no other, without that axis. */
const repeatedBy = ({ operand, parameter }: Given, site: Site): Given | undefined => {
  const definition = site.definitionOf(operand);
  if (definition?.operation.kind !== "primitive" || definition.operation.primitive !== (expandPrimitive as unknown))
    return undefined;
  const [from] = definition.operands as readonly [Atom];
  const { shape } = parameter.type;
  if (from.type.shape[0] !== 1 || from.type.shape.some((dim, axis) => axis > 0 && dim !== shape[axis - 1]))
    return undefined;
  return { operand: site.write(reshapePrimitive, { shape }, [from]), parameter };
};

const repeatedItems = (parts: FoldParts, site: Site): FoldParts | undefined => {
  const repeated = new Map(
    parts.items.flatMap((item) => {
      const capture = repeatedBy(item, site);
      return capture === undefined ? [] : [[item, capture] as const];
    }),
  );
  if (repeated.size === 0) return undefined;
  return {
    ...parts,
    items: parts.items.filter((item) => !repeated.has(item)),
    captures: [...parts.captures, ...repeated.values()],
  };
};

const parametersOf = (captures: readonly Given[]): Variable[] => captures.map(({ parameter }) => parameter);

/** The equations of captures alone go before the loop; their values become captures. */
const steadyEquations = (parts: FoldParts, operation: FoldOperation, site: Site): FoldParts | undefined => {
  const results = [...parts.carries.map(({ next }) => next), ...parts.stacks.map(({ value }) => value)];
  const body = { ...operation.body, equations: parts.equations, results };
  const lifted = lift(body, parametersOf(parts.captures));
  if (lifted === undefined) return undefined;
  const captured = placeLifted(
    lifted,
    new Map(parts.captures.map(({ operand, parameter }) => [parameter, operand])),
    site,
  );
  return { ...parts, equations: lifted.rest, captures: [...parts.captures, ...captured] };
};

/** The value outside the loop of what each step gives alike. */
const steadyValue = (value: Atom, parts: FoldParts): Atom | undefined =>
  value.kind === "constant" ? value : parts.captures.find(({ parameter }) => parameter === value)?.operand;

const hoistFold = (operation: FoldOperation, equation: Equation, site: Site): readonly Atom[] | undefined => {
  // With no steps there is nothing to compute, and the values before the loop might not be computable.
  if (operation.steps === 0) return undefined;
  const before = partsOf(operation, equation);
  let parts = steadyCarries(before) ?? before;
  parts = repeatedItems(parts, site) ?? parts;
  parts = steadyEquations(parts, operation, site) ?? parts;
  const values = new Map<Variable, Atom>();
  for (const { first, last, next, parameter } of before.carries) if (next === parameter) values.set(last, first);
  const stacks = parts.stacks.filter(({ value, output }) => {
    const steady = steadyValue(value, parts);
    if (steady === undefined) return true;
    const one = site.write(reshapePrimitive, { shape: [1, ...steady.type.shape] }, [steady]);
    values.set(output, site.write(expandPrimitive, { shape: output.type.shape }, [one]));
    return false;
  });
  if (parts === before && stacks.length === before.stacks.length) return undefined;
  parts = { ...parts, stacks };
  if (parts.carries.length + stacks.length > 0) {
    const fold = foldOf(parts, operation, equation);
    const placed = site.place(fold);
    fold.outputs.forEach((output, i) => void values.set(output, placed[i] as Atom));
  }
  return replaced(equation.outputs, values);
};

export const hoist = (program: Program): Program =>
  rewrite(program, () => (equation, site) => {
    const { operation } = equation;
    return operation.kind === "fold" ? hoistFold(operation, equation, site) : undefined;
  });
