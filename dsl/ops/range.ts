/** Numbers at equal distances: `arange` and `linspace`. */

import type { AllLiteral, Minus, Plus } from "../dim.ts";
import { type DType, DTypeError, type Float, isFloat, type Numeric } from "../dtype.ts";
import { apply } from "../interpreter.ts";
import { checkDType, checkValue } from "../narrow.ts";
import { type Op, op } from "../op.ts";
import { constant, input } from "../scalar/expression.ts";
import { add, less, mul, select, sub } from "../scalar/index.ts";
import { checkPositive, checkWhole, misfit, type PositiveFit, type ShapeError, type WholeFit } from "../shape.ts";
import type { AnyTensor, Tensor } from "../tensor.ts";
import { applyExpression, scalarTypeOf } from "./elementwise.ts";
import { checkCount, iotaPrimitive } from "./make.ts";
import type { Stepped } from "./slice.ts";

/** Z − A of whole numbers; `never` where it is negative. */
type Distance<A, Z> = `${A & number}` extends `-${infer a extends number}`
  ? `${Z & number}` extends `-${infer z extends number}`
    ? Minus<a, z>
    : Plus<Z, a>
  : `${Z & number}` extends `-${string}`
    ? never
    : Minus<Z, A>;

/** ⌈(Z − A) / N⌉ */
type RangeLength<A, Z, N> =
  AllLiteral<[A, Z, N]> extends true
    ? `${N & number}` extends `-${infer Down extends number}`
      ? Stepped<Distance<Z, A>, Down>
      : Stepped<Distance<A, Z>, N>
    : number;

/** Refuses a step that leads away from the end, or nowhere. */
type StepFit<A, Z, N> =
  AllLiteral<[A, Z, N]> extends true
    ? N extends 0
      ? ShapeError<NoStep>
      : [unknown] extends [WholeFits<A, Z, N>]
        ? [RangeLength<A, Z, N>] extends [never]
          ? ShapeError<AwayMisfit<A, Z, N>>
          : unknown
        : unknown
    : unknown;
type WholeFits<A, Z, N> = WholeFit<"arange", "the start", A> &
  WholeFit<"arange", "the end", Z> &
  WholeFit<"arange", "the step", N>;

type NoStep = "arange: the step is 0, and leads nowhere";
const noStep: NoStep = "arange: the step is 0, and leads nowhere";

type AwayMisfit<A, Z, N> =
  `arange: steps of ${N & number} do not lead from ${A & number} to ${Z & number}; give the step the other sign`;
const awayMisfit = (start: number, end: number, step: number): string =>
  `arange: steps of ${step} do not lead from ${start} to ${end}; give the step the other sign`;

type Arange = <const A extends number, const Z extends number, const N extends number = 1, D extends Numeric = "i32">(
  start: A & WholeFit<"arange", "the start", A> & StepFit<A, Z, N>,
  end: Z & WholeFit<"arange", "the end", Z>,
  step?: N & WholeFit<"arange", "the step", N>,
  dtype?: D,
) => Tensor<[RangeLength<A, Z, N>], D>;

/** 0, 1, 2 … of a dtype that is known to count so far. */
const count = (size: number, dtype: Numeric): AnyTensor => apply(iotaPrimitive, { size, dtype }, []);

/**
 * Whole numbers from `start` up to but without `end`, `step` apart: `arange(2, 8, 2)` is 2, 4, 6, and `arange(3, 0, -1)` is
 * 3, 2, 1. Shape: [⌈(end − start) / step⌉]; dtype i32, if none is given. For fractions there is `linspace`.
 * @throws ShapeError for numbers that are not whole, and steps that do not lead to the end; DTypeError where the dtype does
 * not hold them
 */
export const arange: Op<Arange> = op<Arange>(
  {
    name: "arange",
    kind: "make",
    law: "start, end, step → [⌈(end − start) / step⌉]",
    formula: "start + step · i at place i",
    gradient: "none",
    example: "arange(2, 10, 3)",
    draw: (draw) => {
      const [start, length] = [draw.integer(-5, 9), draw.integer(0, 9)];
      const step = draw.oneOf([1, -1]) * draw.integer(1, 3);
      return draw.oneOf<readonly unknown[]>([
        [start, start + length],
        [start, start + Math.sign(step) * length, step],
        [start, start + Math.sign(step) * length, step, draw.oneOf(["f32", "f16", "i32"])],
        [9, 1, -step * Math.sign(step), "u32"],
      ]);
    },
  },
  ((start: number, end: number, step = 1, dtype: Numeric = "i32") => {
    checkWhole("arange", "the start", start);
    checkWhole("arange", "the end", end);
    checkWhole("arange", "the step", step);
    if (step === 0) misfit(noStep);
    if ((end - start) * step < 0) misfit(awayMisfit(start, end, step));
    checkDType("arange", dtype);
    const size = Math.ceil((end - start) / step);
    if (size > 0)
      for (const value of [start, start + step * (size - 1)]) {
        checkCount("arange", Math.abs(value) + 1, dtype);
        checkValue("arange", dtype, value, `${value}`);
      }
    if (start === 0 && step === 1) return count(size, dtype);
    const type = scalarTypeOf(dtype);
    const steps = mul.of(input(0, type), constant(Math.abs(step), type));
    const from = constant(start, type);
    // f16 does not count as far as from its least to its largest whole number.
    const counted = count(size, isFloat(dtype) ? "f32" : dtype);
    return applyExpression("arange", step > 0 ? add.of(from, steps) : sub.of(from, steps), dtype, [counted]);
  }) as unknown as Arange,
);

type Linspace = <const N extends number, D extends Float = "f32">(
  start: number,
  end: number,
  n: N & PositiveFit<"linspace", "n", N>,
  dtype?: D,
) => Tensor<[N], D>;

/**
 * n numbers at equal distances, the first and the last of them given: `linspace(0, 1, 5)`. Shape: [n]; dtype f32, if none is
 * given. One alone is the first.
 * @throws ShapeError for n that is no whole number from 1 up; DTypeError for numbers that the dtype cannot hold
 */
export const linspace: Op<Linspace> = op<Linspace>(
  {
    name: "linspace",
    kind: "make",
    law: "start, end, N → [N]",
    formula: "start + (end − start) · i / (n − 1) at place i",
    gradient: "none",
    example: "linspace(0, 1, 5)",
    draw: (draw) => {
      const [start, end] = [draw.integer(-4, 4) / 4, draw.integer(-40, 40) / 8];
      const n = draw.integer(1, 9);
      return draw.oneOf<readonly unknown[]>([
        [start, end, n],
        [start, end, n, draw.oneOf(["f32", "f16"])],
      ]);
    },
  },
  ((start: number, end: number, n: number, dtype: Float = "f32") => {
    checkPositive("linspace", "n", n);
    checkDType("linspace", dtype);
    if (!isFloat(dtype as DType))
      throw new DTypeError(`linspace: ${dtype} is no float; take arange, or cast the result`);
    checkValue("linspace", dtype, start, "the start");
    checkValue("linspace", dtype, end, "the end");
    checkCount("linspace", n, "f32");
    const [last, step] = [n - 1, n === 1 ? 0 : (end - start) / (n - 1)];
    // From both ends, so that both are exact.
    const fromStart = add.of(start, mul.of(step, input(0)));
    const fromEnd = sub.of(end, mul.of(step, sub.of(last, input(0))));
    const value = select.of(less.of(input(0), n / 2), fromStart, fromEnd);
    return applyExpression("linspace", value, dtype, [count(n, "f32")]);
  }) as unknown as Linspace,
);
