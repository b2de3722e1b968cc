/** Reductions over axes of one element, of reductions, and of repeated values. */

import { expandPrimitive, sumPrimitive } from "../../../dsl/ops/broadcast.ts";
import { bodyOf, mapPrimitive, scalarTypeOf } from "../../../dsl/ops/elementwise.ts";
import { mul, neg } from "../../../dsl/scalar/arithmetic.ts";
import { type Expression, input } from "../../../dsl/scalar/expression.ts";
import { sameShape, sizeOf } from "../../../dsl/shape.ts";
import { type AlgebraRule, type Around, become, type Match, rule } from "./rule.ts";

interface OverAxes {
  readonly axes: readonly number[];
}

const at = (numbers: readonly number[], i: number): number => numbers[i] as number;

/** Over axes of one element each, a reduction changes nothing. */
const overOne = (of: string): AlgebraRule =>
  rule<OverAxes>(of, "over axes of one element is its operand", ({ x, from, type }) =>
    sameShape(from, type.shape) ? x : undefined,
  );

const sumOfSum = ({ params: { axes }, x }: Match<OverAxes>, { made }: Around) => {
  const inner = made(x, sumPrimitive);
  return inner && become(sumPrimitive, { axes: [...new Set([...inner.params.axes, ...axes])] }, [inner.x]);
};

/** Σ over an axis on which x is repeated n times is n · x. */
const sumOfExpand = ({ params: { axes }, x, type, from }: Match<OverAxes>, { made, write }: Around) => {
  const inner = made(x, expandPrimitive);
  if (inner === undefined) return undefined;
  const repeated = axes.filter((axis) => at(inner.from, axis) !== at(from, axis));
  const count = sizeOf(repeated.map((axis) => at(from, axis)));
  // An empty sum is 0, which 0 · x is not for every x.
  if (repeated.length === 0 || count === 0) return undefined;
  const others = axes.filter((axis) => !repeated.includes(axis) && at(inner.from, axis) !== 1);
  const summed = others.length === 0 ? inner.x : write(sumPrimitive, { axes: others }, [inner.x]);
  const body = bodyOf(mul.of(input(0, scalarTypeOf(type.dtype)), count));
  const params = { body, dtype: type.dtype, op: "sum" };
  if (sameShape(summed.type.shape, type.shape)) return become(mapPrimitive, params, [summed]);
  return become(expandPrimitive, { shape: type.shape }, [write(mapPrimitive, params, [summed])]);
};

/** Σ −x is −Σ x: what is summed may then be something that is computed anyway. */
const sumOfNegatives = ({ params: { axes }, x, type }: Match<OverAxes>, { made, write }: Around) => {
  const inner = made(x, mapPrimitive);
  const negated = inner?.params.body.expression;
  if (inner === undefined || negated?.kind !== "call" || negated.fn !== neg.record) return undefined;
  const body = bodyOf(negated.args[0] as Expression);
  const positive = write(mapPrimitive, { ...inner.params, body }, inner.operands);
  const sum = write(sumPrimitive, { axes }, [positive]);
  return become(
    mapPrimitive,
    { body: bodyOf(neg.of(input(0, scalarTypeOf(type.dtype)))), dtype: type.dtype, op: "sum" },
    [sum],
  );
};

export const reductionRules: readonly AlgebraRule[] = [
  overOne("sum"),
  overOne("max"),
  overOne("min"),
  overOne("prod"),
  rule<OverAxes>("sum", "of a sum", sumOfSum),
  rule<OverAxes>("sum", "of negatives is a negative", sumOfNegatives),
  rule<OverAxes>("sum", "of repeated values is a multiple", sumOfExpand),
];
