/** Moves that change nothing, moves of moves, and moves of one value. */

import { expandPrimitive, reshapePrimitive } from "../../../dsl/ops/broadcast.ts";
import { concatPrimitive } from "../../../dsl/ops/join.ts";
import { fullPrimitive } from "../../../dsl/ops/make.ts";
import { flipPrimitive, permutePrimitive } from "../../../dsl/ops/move.ts";
import { type PadParams, padPrimitive, type SliceParams, slicePrimitive } from "../../../dsl/ops/window.ts";
import { type Shape, sameShape } from "../../../dsl/shape.ts";
import type { Atom } from "../../ir/program.ts";
import { type AlgebraRule, type Around, become, type Match, rule } from "./rule.ts";

interface ToShape {
  readonly shape: Shape;
}
interface OverAxes {
  readonly axes: readonly number[];
}

const at = (numbers: readonly number[], i: number): number => numbers[i] as number;
const isZero = (width: number): boolean => width === 0;

/** The order of the axes that hold more than one element is kept. */
const keepsOrder = (axes: readonly number[], from: Shape): boolean => {
  const long = axes.filter((axis) => from[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > at(long, i - 1));
};

const sliceOfSlice = ({ params, x }: Match<SliceParams>, { made }: Around) => {
  const inner = made(x, slicePrimitive);
  if (inner === undefined) return undefined;
  const { start, step } = inner.params;
  return become(
    slicePrimitive,
    {
      start: start.map((first, axis) => first + at(step, axis) * at(params.start, axis)),
      size: params.size,
      step: step.map((width, axis) => width * at(params.step, axis)),
    },
    [inner.x],
  );
};

/** The last place that a slice reads. */
const lastOf = ({ start, size, step }: SliceParams, axis: number): number =>
  at(start, axis) + (at(size, axis) - 1) * at(step, axis);

const sliceOfPad = ({ params, x }: Match<SliceParams>, { made }: Around) => {
  const inner = made(x, padPrimitive);
  if (inner === undefined || !inner.params.interior.every(isZero) || params.size.includes(0)) return undefined;
  const { low } = inner.params;
  const inside = inner.from.every(
    (dim, axis) => at(params.start, axis) >= at(low, axis) && lastOf(params, axis) < at(low, axis) + dim,
  );
  if (!inside) return undefined;
  return become(slicePrimitive, { ...params, start: params.start.map((first, axis) => first - at(low, axis)) }, [
    inner.x,
  ]);
};

const sliceOfConcat = ({ params, x }: Match<SliceParams>, { made }: Around) => {
  const inner = made(x, concatPrimitive);
  if (inner === undefined || params.size.includes(0)) return undefined;
  const { axis } = inner.params;
  let offset = 0;
  for (const part of inner.operands) {
    const end = offset + at(part.type.shape, axis);
    if (at(params.start, axis) >= offset && lastOf(params, axis) < end) {
      const start = params.start.map((first, i) => (i === axis ? first - offset : first));
      return become(slicePrimitive, { ...params, start }, [part]);
    }
    offset = end;
  }
  return undefined;
};

const padOfPad = ({ params, x }: Match<PadParams>, { made }: Around) => {
  const inner = made(x, padPrimitive);
  if (inner === undefined || !Object.is(inner.params.value, params.value)) return undefined;
  if (!inner.params.interior.every(isZero) || !params.interior.every(isZero)) return undefined;
  const sum = (a: readonly number[], b: readonly number[]): number[] => a.map((width, axis) => width + at(b, axis));
  const [low, high] = [sum(params.low, inner.params.low), sum(params.high, inner.params.high)];
  return become(padPrimitive, { ...params, low, high }, [inner.x]);
};

/** The axes that hold more than one element, or none. */
const longAxes = (shape: Shape): number[] => shape.flatMap((dim, axis) => (dim === 1 ? [] : [axis]));

/** Axes of one element have no place of their own: those of x stay where they are, and the others change places. */
const permuteOfReshape = ({ params: { axes }, x, from, type }: Match<OverAxes>, { made, write }: Around) => {
  const inner = made(x, reshapePrimitive);
  if (inner === undefined) return undefined;
  const [long, others] = [longAxes(inner.from), longAxes(from)];
  if (long.length !== others.length || long.some((axis, i) => inner.from[axis] !== from[at(others, i)]))
    return undefined;
  const order = axes.filter((axis) => others.includes(axis)).map((axis) => at(long, others.indexOf(axis)));
  const permuted = inner.from.map((dim, axis) => (dim === 1 ? axis : at(order, long.indexOf(axis))));
  return become(reshapePrimitive, { shape: type.shape }, [write(permutePrimitive, { axes: permuted }, [inner.x])]);
};

const concatOfConcat = ({ params: { axis }, operands }: Match<{ readonly axis: number }>, { made }: Around) => {
  const parts = operands.flatMap((operand): readonly Atom[] => {
    const inner = made(operand, concatPrimitive);
    return inner?.params.axis === axis ? inner.operands : [operand];
  });
  return parts.length === operands.length ? undefined : become(concatPrimitive, { axis }, parts);
};

const concatOfNothing = ({ params: { axis }, operands }: Match<{ readonly axis: number }>) => {
  const parts = operands.filter(({ type }) => type.shape[axis] !== 0);
  return parts.length === operands.length || parts.length === 0 ? undefined : become(concatPrimitive, { axis }, parts);
};

const flipOfOne = ({ params: { axes }, x, from }: Match<OverAxes>) => {
  const long = axes.filter((axis) => at(from, axis) > 1);
  if (long.length === 0) return x;
  return long.length === axes.length ? undefined : become(flipPrimitive, { axes: long }, [x]);
};

const flipOfFlip = ({ params: { axes }, x }: Match<OverAxes>, { made }: Around) => {
  const inner = made(x, flipPrimitive);
  if (inner === undefined) return undefined;
  const others = inner.params.axes;
  const once = [...axes.filter((axis) => !others.includes(axis)), ...others.filter((axis) => !axes.includes(axis))];
  return become(flipPrimitive, { axes: once }, [inner.x]);
};

export const moveRules: readonly AlgebraRule[] = [
  rule("stopGradient", "is its operand", ({ x }) => x),
  rule("kind move", "of one value everywhere is full", ({ type }, { uniform }) => {
    const value = uniform();
    return value === undefined ? undefined : become(fullPrimitive, { ...type, value }, []);
  }),
  rule<ToShape>("reshape", "to the same shape", ({ x, from, type }) => (sameShape(from, type.shape) ? x : undefined)),
  rule<ToShape>("reshape", "of a reshape", ({ x, type }, { made }) => {
    const inner = made(x, reshapePrimitive);
    return inner && become(reshapePrimitive, { shape: type.shape }, [inner.x]);
  }),
  rule<ToShape>("expand", "to the same shape", ({ x, from, type }) => (sameShape(from, type.shape) ? x : undefined)),
  rule<ToShape>("expand", "of an expand", ({ x, type }, { made }) => {
    const inner = made(x, expandPrimitive);
    return inner && become(expandPrimitive, { shape: type.shape }, [inner.x]);
  }),
  rule<OverAxes>("permute", "in the old order", ({ params: { axes }, x }) =>
    axes.every((axis, i) => axis === i) ? x : undefined,
  ),
  rule<OverAxes>("permute", "of a permute", ({ params: { axes }, x }, { made }) => {
    const inner = made(x, permutePrimitive);
    return inner && become(permutePrimitive, { axes: axes.map((axis) => at(inner.params.axes, axis)) }, [inner.x]);
  }),
  rule<OverAxes>("permute", "of axes of one element is a reshape", ({ params: { axes }, x, from, type }) =>
    keepsOrder(axes, from) ? become(reshapePrimitive, { shape: type.shape }, [x]) : undefined,
  ),
  rule<OverAxes>("permute", "of a reshape that adds or drops axes of one element", permuteOfReshape),
  rule<OverAxes>("flip", "over axes of one element", flipOfOne),
  rule<OverAxes>("flip", "of a flip", flipOfFlip),
  rule<SliceParams>("slice", "of everything", ({ x, from, type }) => (sameShape(from, type.shape) ? x : undefined)),
  rule<SliceParams>("slice", "of a slice", sliceOfSlice),
  rule<SliceParams>("slice", "inside what was padded", sliceOfPad),
  rule<SliceParams>("slice", "of one part of a concat", sliceOfConcat),
  rule<PadParams>("pad", "by nothing", ({ x, from, type }) => (sameShape(from, type.shape) ? x : undefined)),
  rule<PadParams>("pad", "of a pad with the same value", padOfPad),
  rule("concat", "of one operand", ({ operands, x }) => (operands.length === 1 ? x : undefined)),
  rule<{ readonly axis: number }>("concat", "of a concat along the same axis", concatOfConcat),
  rule<{ readonly axis: number }>("concat", "with operands of no elements", concatOfNothing),
];
