import { describe, expect, it } from "vitest";
import { derivative } from "../../../dsl/scalar/derivative.ts";
import { type Expression, input, nodesOf, toFunction, type Value } from "../../../dsl/scalar/expression.ts";
import {
  abs,
  add,
  clamp,
  exp,
  floor,
  less,
  log,
  max,
  min,
  mul,
  pow,
  relu,
  select,
  silu,
  sqrt,
  tanh,
} from "../../../dsl/scalar/index.ts";

const x = input(0);
const y = input(1);
const ct = input(2);

/** ∂f/∂input · ct at a point, with ct = 1 unless given. */
const slope = (f: Expression, place: number, ...args: readonly Value[]): Value => {
  const expression = derivative(f, place, ct);
  return expression === undefined ? 0 : toFunction(expression)(args[0] as Value, args[1] ?? 0, args[2] ?? 1);
};

describe("rules at kinks", () => {
  it.each([
    ["relu", relu.of(x), 0, 0],
    ["abs", abs.of(x), 0, 0],
    ["clamp at its low bound", clamp.of(x, -1, 1), -1, 1],
    ["clamp at its high bound", clamp.of(x, -1, 1), 1, 1],
    ["clamp outside", clamp.of(x, -1, 1), 1.5, 0],
  ])("%s", (_, f, at, expected) => expect(slope(f, 0, at)).toBe(expected));

  it.each([
    ["min", min],
    ["max", max],
  ])("%s gives each side of a tie half", (_, fn) => {
    expect(slope(fn.of(x, y), 0, 2, 2)).toBe(0.5);
    expect(slope(fn.of(x, y), 1, 2, 2)).toBe(0.5);
    expect(slope(min.of(x, y), 0, 1, 2)).toBe(1);
    expect(slope(max.of(x, y), 0, 1, 2)).toBe(0);
  });

  it("a power of exponent 0 does not vary with its base, nor one of base 0 with its exponent", () => {
    expect(slope(pow.of(x, y), 0, 0, 0)).toBe(0);
    expect(slope(pow.of(x, y), 1, 0, 2)).toBe(0);
    expect(slope(pow.of(x, 2), 0, 0)).toBe(0);
  });
});

describe("branches that are not taken", () => {
  const guarded = (f: Expression): Expression => select.of(less.of(0, x), f, 0);

  it("add nothing, where their derivatives are infinite or NaN", () => {
    expect(slope(guarded(sqrt.of(x)), 0, 0)).toBe(0);
    expect(slope(guarded(sqrt.of(x)), 0, -1)).toBe(0);
    expect(slope(guarded(mul.of(log.of(x), sqrt.of(x))), 0, -1)).toBe(0);
    expect(slope(guarded(sqrt.of(x)), 0, 4)).toBe(0.25);
    expect(slope(relu.of(x), 0, -1, 0, Infinity)).toBe(0);
  });

  it("join again", () => {
    const f = select.of(less.of(0, x), log.of(x), exp.of(x));
    expect(slope(f, 0, 4)).toBe(0.25);
    expect(slope(f, 0, -1)).toBe(Math.exp(-1));
  });
});

it("is undefined where nothing varies", () => {
  expect(derivative(floor.of(x), 0, ct)).toBeUndefined();
  expect(derivative(exp.of(y), 0, ct)).toBeUndefined();
});

it("writes no products with 1 and no sums with 0", () => {
  expect(derivative(add.of(x, y), 0, ct)).toBe(ct);
  expect(nodesOf(derivative(mul.of(x, y), 0, ct) as Expression)).toHaveLength(3);
});

it("grows with the expression, not with its paths", () => {
  const chain = (length: number): Expression => {
    let f: Expression = x;
    for (let i = 0; i < length; i++) f = max.of(mul.of(tanh.of(f), f), y);
    return f;
  };
  const size = (f: Expression): number => nodesOf(derivative(f, 0, ct) as Expression).length;
  expect(size(chain(16))).toBeLessThan(16 * 16 * 12);
});

it("differentiates again", () => {
  const first = derivative(silu.of(x), 0, input(2)) as Expression;
  const second = toFunction(derivative(first, 0, input(3)) as Expression);
  const sigmoid = 1 / (1 + Math.exp(-0.7));
  const expected = sigmoid * (1 - sigmoid) * (2 + 0.7 * (1 - 2 * sigmoid));
  expect(second(0.7, 0, 1, 1)).toBeCloseTo(expected, 12);
});
