/** Maps that compute nothing, or on more than they need. */

import { expandPrimitive } from "../../../dsl/ops/broadcast.ts";
import { bodyOf, type MapParams, mapPrimitive } from "../../../dsl/ops/elementwise.ts";
import { concatPrimitive } from "../../../dsl/ops/join.ts";
import { fullPrimitive } from "../../../dsl/ops/make.ts";
import { type PadParams, padPrimitive } from "../../../dsl/ops/window.ts";
import { add } from "../../../dsl/scalar/arithmetic.ts";
import { type Expression, input, nodesOf, substitute } from "../../../dsl/scalar/expression.ts";
import { sameShape } from "../../../dsl/shape.ts";
import { type AlgebraRule, type Around, become, type Match, type Rewrite, rule } from "./rule.ts";
import { simplify } from "./scalar.ts";

/** A map whose expression is known, as all are that were read from source. */
const known =
  (
    rewrite: (expression: Expression, match: Match<MapParams>, around: Around) => ReturnType<Rewrite<MapParams>>,
  ): Rewrite<MapParams> =>
  (match, around) => {
    const { expression } = match.params.body;
    return expression && rewrite(expression, match, around);
  };

const withExpression = (params: MapParams, expression: Expression): MapParams => ({
  ...params,
  body: bodyOf(expression),
});

/** Each operand once, and only those that the expression reads. */
const operandsOnce = known((expression, { params, operands }) => {
  const read = new Set(nodesOf(expression).flatMap((node) => (node.kind === "input" ? [node.index] : [])));
  const kept = [...new Set(operands.filter((_, i) => read.has(i)))];
  if (kept.length === operands.length || kept.length === 0) return undefined;
  const renumbered = substitute(expression, ({ index, type }) => {
    const operand = operands[index] as (typeof operands)[number];
    return input(kept.indexOf(operand), type);
  });
  return become(mapPrimitive, withExpression(params, renumbered), kept);
});

/** What is computed for repeated values is repeated after it is computed. */
const ofExpands = ({ params, operands, type }: Match<MapParams>, { made, write }: Around) => {
  const inner = operands.map((operand) => made(operand, expandPrimitive)?.x);
  const [first] = inner;
  if (first === undefined || sameShape(first.type.shape, type.shape)) return undefined;
  const small = inner.flatMap((operand) =>
    operand && sameShape(operand.type.shape, first.type.shape) ? [operand] : [],
  );
  if (small.length < operands.length) return undefined;
  return become(expandPrimitive, { shape: type.shape }, [write(mapPrimitive, params, small)]);
};

/** A tensor with zeros around it along one axis alone. */
const paddedAlong = (match: Match<PadParams> | undefined) => {
  if (match === undefined || match.params.value !== 0 || match.params.interior.some((gap) => gap !== 0))
    return undefined;
  const { low, high } = match.params;
  const axes = match.from.flatMap((_, axis) => (low[axis] === 0 && high[axis] === 0 ? [] : [axis]));
  const [axis = 0] = axes;
  return axes.length === 1 ? { x: match.x, axis, low: low[axis] as number, high: high[axis] as number } : undefined;
};

/** The cotangents of the parts of a tensor, each padded to the whole, are together one concat. */
const sumOfNeighbours = known((expression, { operands, type }, { made, write }) => {
  if (expression.kind !== "call" || expression.fn !== add.record || operands.length !== 2) return undefined;
  if (!expression.args.every(({ kind }) => kind === "input") || expression.args[0] === expression.args[1])
    return undefined;
  const [a, b] = operands.map((operand) => paddedAlong(made(operand, padPrimitive)));
  if (a === undefined || b === undefined || a.axis !== b.axis) return undefined;
  const { axis } = a;
  const [first, second] = a.low < b.low ? [a, b] : [b, a];
  const whole = type.shape[axis] as number;
  if (whole - first.high !== second.low) return undefined;
  const at = (width: number): number[] => type.shape.map((_, i) => (i === axis ? width : 0));
  const joined = write(concatPrimitive, { axis }, [first.x, second.x]);
  return become(padPrimitive, { low: at(first.low), high: at(second.high), interior: at(0), value: 0 }, [joined]);
});

export const mapRules: readonly AlgebraRule[] = [
  rule<MapParams>(
    "map",
    "of a simpler expression",
    known((expression, { params, operands }) => {
      const simpler = simplify(expression);
      return simpler === expression ? undefined : become(mapPrimitive, withExpression(params, simpler), operands);
    }),
  ),
  rule<MapParams>(
    "map",
    "that gives an operand as it is",
    known((expression, { params, operands }) => {
      const operand = expression.kind === "input" ? operands[expression.index] : undefined;
      return operand?.type.dtype === params.dtype ? operand : undefined;
    }),
  ),
  rule<MapParams>(
    "map",
    "that gives one number is full",
    known((expression, { type }) =>
      expression.kind === "constant"
        ? become(fullPrimitive, { ...type, value: Number(expression.value) }, [])
        : undefined,
    ),
  ),
  rule<MapParams>("map", "takes each operand once, if it reads it", operandsOnce),
  rule<MapParams>("map", "that adds padded neighbours is their concat", sumOfNeighbours),
  rule<MapParams>("map", "of repeated values is repeated", ofExpands),
];
