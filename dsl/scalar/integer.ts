/**
 * Forms of JavaScript's that are about integers: shifts, `Math.imul`, `Math.clz32`.
 *
 * JavaScript's bit operations give i32 whatever they are given, but for `>>>`, which gives u32: a reader of JavaScript
 * converts operands with `toI32` and `toU32` first.
 */

import { add, mul } from "./arithmetic.ts";
import { equal, select } from "./comparison.ts";
import { constant, type Expression } from "./expression.ts";
import { scalarFunction } from "./function.ts";
import { and } from "./logic.ts";
import { integers, only } from "./signature.ts";

const words = [-100, 100] as const;
const counts = [0, 31] as const;
const shared = { derivative: "zero", ulp: 0 } as const;

/** x << n */
export const shl = scalarFunction({
  ...shared,
  name: "shl",
  arity: 2,
  signature: integers,
  evaluate: (x: number, n: number) => x << n,
  integer: { i32: (x: number, n: number) => x << n, u32: (x: number, n: number) => (x << n) >>> 0 },
  formula: "x · 2ⁿ",
  domain: [words, counts],
  expansion: "base",
});

/** x >> n, which keeps the sign */
export const shrs = scalarFunction({
  ...shared,
  name: "shrs",
  arity: 2,
  signature: only(["i32", "i32"], "i32"),
  evaluate: (x: number, n: number) => x >> n,
  formula: "⌊x / 2ⁿ⌋",
  domain: [words, counts],
  expansion: "base",
});

/** x >>> n */
export const shru = scalarFunction({
  ...shared,
  name: "shru",
  arity: 2,
  signature: only(["u32", "u32"], "u32"),
  evaluate: (x: number, n: number) => x >>> n,
  formula: "⌊x / 2ⁿ⌋",
  domain: [words, counts],
  expansion: "base",
});

/** The low 32 bits of the product, signed. */
export const imul = scalarFunction({
  ...shared,
  name: "imul",
  arity: 2,
  signature: only(["i32", "i32"], "i32"),
  evaluate: Math.imul,
  formula: "a · b mod 2³²",
  domain: [words, words],
  expansion: (a, b) => mul.of(a, b),
});

/** Number of leading zero bits. */
export const clz32 = scalarFunction({
  ...shared,
  name: "clz32",
  arity: 1,
  signature: integers,
  evaluate: Math.clz32,
  formula: "31 − ⌊log₂ x⌋",
  domain: [words],
  expansion: (x) => {
    const literal = (value: number): Expression => constant(x.type === "i32" ? value | 0 : value >>> 0, x.type);
    // Where the upper half of what is left is empty, its width is counted and the lower half moved up.
    let count = literal(0);
    let rest = x;
    for (const width of [16, 8, 4, 2, 1]) {
      const empty = equal.of(and.of(rest, literal(-(2 ** (32 - width)))), 0);
      count = add.of(select.of(empty, literal(width), literal(0)), count);
      rest = select.of(empty, shl.of(rest, width), rest);
    }
    return select.of(equal.of(x, 0), literal(32), count);
  },
});
