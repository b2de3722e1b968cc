/**
 * Fold constants: what is known when the program is compiled is computed then, by the direct evaluator.
 *
 * Small values become constants; one value everywhere becomes a constant of the scalar expressions that use it, or a
 * `full`. Constants enter loops and checkpoints, so that folding goes on inside.
 */

import { denseOf, direct, fromElements } from "../../dsl/evaluate.ts";
import { bodyOf, type MapParams } from "../../dsl/ops/elementwise.ts";
import { fullPrimitive } from "../../dsl/ops/make.ts";
import type { Primitive, TensorType } from "../../dsl/primitive.ts";
import { constant, input, substitute } from "../../dsl/scalar/expression.ts";
import { sizeOf } from "../../dsl/shape.ts";
import { foldOf, partsOf } from "../ir/fold-parts.ts";
import {
  type Atom,
  bodiesOf,
  type CheckpointOperation,
  type Constant,
  type Equation,
  type FoldOperation,
  type PrimitiveOperation,
  type Program,
  type Variable,
  withBodies,
} from "../ir/program.ts";
import { type Rule, replaced, rewrite, type Site, substituted } from "./rewrite.ts";
import { uniformOf } from "./uniform.ts";

/** Elements that a folded value may have, and those that may be read for it. */
const largest = { result: 4096, operands: 65536 };

const isMake = (equation: Equation | undefined): equation is Equation & { readonly operation: PrimitiveOperation } =>
  equation?.operation.kind === "primitive" && equation.operation.primitive.kind === "make";

/** The value of a constant, or of a tensor made from nothing. */
const knownValue = (atom: Atom, { definitionOf }: Site): Constant | undefined => {
  if (atom.kind === "constant") return atom;
  const equation = definitionOf(atom);
  return isMake(equation) && sizeOf(atom.type.shape) <= largest.operands
    ? evaluated(equation.operation, [], atom.type)
    : undefined;
};

const evaluated = ({ primitive, params }: PrimitiveOperation, operands: readonly Constant[], type: TensorType) => {
  const tensors = operands.map((operand) => fromElements(operand.type, operand.value.data));
  const value = denseOf("fold-constants", direct.apply(primitive, params, tensors, type));
  return { kind: "constant", type, value } as const;
};

/** The constant that an equation of constants gives, if it is small. */
const constantOf = (operation: PrimitiveOperation, { operands, outputs }: Equation, site: Site): Atom | undefined => {
  const [{ type }] = outputs as [Variable];
  if (operands.length === 0 || sizeOf(type.shape) > largest.result) return undefined;
  if (operands.reduce((sum, operand) => sum + sizeOf(operand.type.shape), 0) > largest.operands) return undefined;
  const values: Constant[] = [];
  for (const operand of operands) {
    const value = knownValue(operand, site);
    if (value === undefined) return undefined;
    values.push(value);
  }
  try {
    return evaluated(operation, values, type);
  } catch {
    // The program's own fault, such as an index out of range: running it says so, in the words of the op.
    return undefined;
  }
};

/** A map in which operands of one value everywhere are constants of the expression. */
const foldMap = (
  operation: PrimitiveOperation,
  equation: Equation,
  site: Site,
): readonly Atom[] | Equation | undefined => {
  const { body, dtype, op } = operation.params as MapParams;
  if (body.expression === undefined) return undefined;
  const { operands } = equation;
  const uniforms = operands.map((operand) => uniformOf(operand, site.definitionOf));
  if (uniforms.every((uniform) => uniform === undefined)) return undefined;
  const left = [...new Set(operands.filter((_, i) => uniforms[i] === undefined))];
  const expression = substitute(body.expression, ({ index, type }) => {
    const value = uniforms[index];
    if (value === undefined) return input(left.indexOf(operands[index] as Atom), type);
    return type === "bool" ? constant(value !== 0) : constant(value, type);
  });
  if (left.length > 0)
    return {
      ...equation,
      operation: { ...operation, params: { body: bodyOf(expression), dtype, op } },
      operands: left,
    };
  if (expression.kind !== "constant") return undefined;
  const { type } = equation.outputs[0] as Variable;
  return [site.write(fullPrimitive, { shape: type.shape, dtype, value: Number(expression.value) }, [])];
};

const foldPrimitive = (operation: PrimitiveOperation, equation: Equation, site: Site) => {
  const { kind } = operation.primitive;
  const { type } = equation.outputs[0] as Variable;
  const isScalar = type.shape.length === 0;
  if (kind === "make") return isScalar ? [evaluated(operation, [], type)] : undefined;
  const folded = kind === "map" && !isScalar ? foldMap(operation, equation, site) : undefined;
  if (folded !== undefined) return folded;
  const constant = constantOf(operation, equation, site);
  if (constant !== undefined) return [constant];
  return kind === "map" ? foldMap(operation, equation, site) : undefined;
};

/** An operand as a region may have it inside: a constant, or an equation that makes the value from nothing. */
interface Inner {
  readonly value: Atom;
  readonly equations: readonly Equation[];
}

const made = (operation: PrimitiveOperation, { type, name }: Variable, origin: Equation["origin"]): Inner => {
  if (type.shape.length === 0) return { value: evaluated(operation, [], type), equations: [] };
  const value: Variable = { kind: "variable", type, ...(name && { name }) };
  return { value, equations: [{ outputs: [value], operation, operands: [], origin }] };
};

/** `parameter` stands for the operand inside the region, for an item of it where `whole` is false. */
const innerOf = (
  operand: Atom,
  parameter: Variable,
  whole: boolean,
  { origin }: Equation,
  { definitionOf }: Site,
): Inner | undefined => {
  if (whole && operand.kind === "constant") return { value: operand, equations: [] };
  const definition = definitionOf(operand);
  if (whole && isMake(definition)) return made(definition.operation, parameter, origin);
  const value = uniformOf(operand, definitionOf);
  if (value === undefined) return undefined;
  return made(
    { kind: "primitive", primitive: fullPrimitive as Primitive, params: { ...parameter.type, value } },
    parameter,
    origin,
  );
};

interface Entered {
  readonly values: ReadonlyMap<Variable, Atom>;
  readonly equations: readonly Equation[];
}

/** What of the operands a region may have inside. */
const enter = (
  given: readonly { readonly operand: Atom; readonly parameter: Variable; readonly whole: boolean }[],
  equation: Equation,
  site: Site,
): Entered | undefined => {
  const values = new Map<Variable, Atom>();
  const equations: Equation[] = [];
  for (const { operand, parameter, whole } of given) {
    const inner = innerOf(operand, parameter, whole, equation, site);
    if (inner === undefined) continue;
    values.set(parameter, inner.value);
    equations.push(...inner.equations);
  }
  return values.size === 0 ? undefined : { values, equations };
};

const foldInto = (operation: FoldOperation, equation: Equation, site: Site): Equation | undefined => {
  const parts = partsOf(operation, equation);
  const given = [
    ...parts.items.map((item) => ({ ...item, whole: false })),
    ...parts.captures.map((capture) => ({ ...capture, whole: true })),
  ];
  const entered = enter(given, equation, site);
  if (entered === undefined) return undefined;
  const { values, equations } = entered;
  const outside = <T extends { readonly parameter: Variable }>(list: readonly T[]): T[] =>
    list.filter(({ parameter }) => !values.has(parameter));
  const atom = (value: Atom): Atom => replaced([value], values)[0] as Atom;
  const inner = foldOf(
    {
      ...parts,
      carries: parts.carries.map((carry) => ({ ...carry, next: atom(carry.next) })),
      items: outside(parts.items),
      captures: outside(parts.captures),
      stacks: parts.stacks.map((stack) => ({ ...stack, value: atom(stack.value) })),
      equations: [...equations, ...substituted(parts.equations, values)],
    },
    operation,
    equation,
  );
  return foldedInside(inner);
};

/** What has entered a region may let more of it fold. */
const foldedInside = (equation: Equation): Equation => {
  const bodies = bodiesOf(equation.operation).map(foldConstants);
  return { ...equation, operation: withBodies(equation.operation, bodies) };
};

const checkpointInto = (operation: CheckpointOperation, equation: Equation, site: Site): Equation | undefined => {
  const { body } = operation;
  const given = body.parameters.map((parameter, i) => ({
    operand: equation.operands[i] as Atom,
    parameter,
    whole: true,
  }));
  const entered = enter(given, equation, site);
  if (entered === undefined) return undefined;
  const { values, equations } = entered;
  return foldedInside({
    ...equation,
    operands: equation.operands.filter((_, i) => !values.has(body.parameters[i] as Variable)),
    operation: {
      ...operation,
      body: {
        ...body,
        parameters: body.parameters.filter((parameter) => !values.has(parameter)),
        equations: [...equations, ...substituted(body.equations, values)],
        results: replaced(body.results, values),
      },
    },
  });
};

const rule: Rule = (equation, site) => {
  const { operation } = equation;
  switch (operation.kind) {
    case "primitive":
      return foldPrimitive(operation, equation, site);
    case "fold":
      return foldInto(operation, equation, site);
    case "checkpoint":
      return checkpointInto(operation, equation, site);
    // The operands of a named function are what its name says.
    case "composite":
    case "customVjp":
      return undefined;
    default:
      return operation satisfies never;
  }
};

export const foldConstants = (program: Program): Program => rewrite(program, () => rule);
