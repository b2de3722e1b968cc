/** Each rule of the algebra of numbers: an expression that it simplifies, of the same value. */

import { describe, expect, test } from "vitest";
import { printExpression } from "../../../../compiler/ir/print-expression.ts";
import { scalarRules, simplify } from "../../../../compiler/optimise/algebra/scalar.ts";
import {
  constant,
  type Expression,
  input,
  nodesOf,
  toFunction,
  type Value,
} from "../../../../dsl/scalar/expression.ts";
import * as scalar from "../../../../dsl/scalar/index.ts";

const [x, y] = [input(0), input(1)];
const [p, q, r] = [input(0, "bool"), input(1, "bool"), input(2, "bool")];
const [i, u] = [input(0, "i32"), input(0, "u32")];

/** By the rule's name: the expression, and what is left of it. */
const cases: Readonly<Record<string, readonly [expression: Expression, left: string]>> = {
  "x + 0 = x": [scalar.add.of(x, 0), "x"],
  "0 + x = x": [scalar.add.of(0, x), "x"],
  "x + −y = x − y": [scalar.add.of(x, scalar.neg.of(y)), "x - y"],
  "−x + y = y − x": [scalar.add.of(scalar.neg.of(x), y), "y - x"],
  "x − 0 = x": [scalar.sub.of(x, 0), "x"],
  "x − −y = x + y": [scalar.sub.of(x, scalar.neg.of(y)), "x + y"],
  "x · 1 = x": [scalar.mul.of(i, constant(1, "i32")), "x"],
  "1 · x = x": [scalar.mul.of(1, x), "x"],
  "x · −1 = −x": [scalar.mul.of(x, -1), "-x"],
  "−1 · x = −x": [scalar.mul.of(-1, x), "-x"],
  "x / 1 = x": [scalar.div.of(x, 1), "x"],
  "x⁰ = 1": [scalar.pow.of(x, 0), "1"],
  "x¹ = x": [scalar.pow.of(x, 1), "x"],
  "x² = x · x": [scalar.pow.of(x, 2), "x * x"],
  "x³ = x · (x · x)": [scalar.pow.of(x, 3), "x * (x * x)"],
  "x⁻¹ = 1 / x": [scalar.pow.of(x, -1), "1 / x"],
  "−(−x) = x": [scalar.neg.of(scalar.neg.of(x)), "x"],
  "¬¬x = x": [scalar.not.of(scalar.not.of(p)), "x"],
  "x ∧ true = x": [scalar.and.of(p, true), "x"],
  "true ∧ x = x": [scalar.and.of(true, p), "x"],
  "x ∨ false = x": [scalar.or.of(p, false), "x"],
  "false ∨ x = x": [scalar.or.of(false, p), "x"],
  "x where c, else x = x": [scalar.select.of(q, x, x), "x"],
  "x where true, else y = x": [scalar.select.of(true, x, y), "x"],
  "x where false, else y = y": [scalar.select.of(false, x, y), "y"],
  "f32(x) = x of an f32": [scalar.toF32.of(x), "x"],
  "i32(x) = x of an i32": [scalar.toI32.of(i), "x"],
  "u32(x) = x of a u32": [scalar.toU32.of(u), "x"],
  "bool(x) = x of a bool": [scalar.toBool.of(p), "x"],
};

const samples: readonly number[] = [0, 1, -1.5, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];

/** Values for an input of a type. */
const valuesFor = (expression: Expression, index: number): readonly Value[] => {
  const node = nodesOf(expression).find((node) => node.kind === "input" && node.index === index);
  if (node?.type === "bool") return [true, false];
  return node?.type === "f32" ? samples : [0, 1, 7];
};

describe("algebra of numbers", () => {
  test("each rule has a case", () => {
    expect(Object.keys(cases).sort()).toEqual(scalarRules.map(({ name }) => name).sort());
  });

  test.each(Object.entries(cases))("%s", (_, [expression, left]) => {
    const simple = simplify(expression);
    expect(printExpression(simple, ["x", "y"])).toBe(left);
    expect(simple.type).toBe(expression.type);
    const [before, after] = [toFunction(expression), toFunction(simple)];
    for (const a of valuesFor(expression, 0))
      for (const b of valuesFor(expression, 1)) expect(after(a, b)).toEqual(before(a, b));
  });

  test("what a rule gives is simplified again", () => {
    const zero = scalar.mul.of(scalar.sub.of(x, 0), -1);
    expect(simplify(scalar.neg.of(zero))).toBe(x);
  });

  test("equal parts become one", () => {
    const part = (): Expression => scalar.sin.of(scalar.add.of(x, y));
    const simple = simplify(scalar.mul.of(part(), part()));
    expect(nodesOf(simple)).toHaveLength(5);
    expect(printExpression(simple, ["x", "y"])).toBe("t0 = sin(x + y); t0 * t0");
  });

  test("a zero and a negative zero are two constants", () => {
    const simple = simplify(scalar.add.of(scalar.div.of(x, 0), scalar.div.of(x, -0)));
    expect(toFunction(simple)(1)).toBeNaN();
  });

  test("an expression with nothing to do is the identical one", () => {
    const expression = scalar.mul.of(scalar.add.of(x, y), scalar.select.of(scalar.and.of(q, r), 0, 1));
    expect(simplify(expression)).toBe(expression);
  });

  test.each([
    ["x * 0", scalar.mul.of(x, 0)],
    ["0 / x", scalar.div.of(0, x)],
    ["x - x", scalar.sub.of(x, x)],
    ["x / x", scalar.div.of(x, x)],
  ])("%s stays, for NaN and infinities", (_, expression) => {
    expect(simplify(expression)).toBe(expression);
  });
});
