/**
 * Conversions between element types, and the bits of a float.
 *
 * From a float: the fraction is cut off, what lies beyond the integer range gives its end, NaN gives 0. Between i32 and
 * u32: the same bits. From a boolean: 0 and 1. To a boolean: whether it differs from 0.
 */

import { notEqual } from "./comparison.ts";
import { scalarFunction } from "./function.ts";
import { anyTo, floats, only } from "./signature.ts";

const wide = [-1000, 1000] as const;
const shared = { arity: 1, derivative: "zero", expansion: "base", ulp: 0 } as const;

const f32 = new Float32Array(1);
const i32 = new Int32Array(f32.buffer);

const saturate = (x: number, low: number, high: number): number =>
  Number.isNaN(x) ? 0 : Math.trunc(Math.min(Math.max(x, low), high)) + 0;

export const toF32 = scalarFunction({
  ...shared,
  name: "toF32",
  signature: anyTo("f32"),
  evaluate: (x: number | boolean) => Number(x),
  formula: "f32(x)",
  derivative: [() => 1],
  domain: [wide],
  ulp: 0.5,
});

export const toI32 = scalarFunction({
  ...shared,
  name: "toI32",
  signature: anyTo("i32"),
  evaluate: (x: number | boolean) => saturate(Number(x), -2147483648, 2147483647),
  integer: { i32: (x: number) => x, u32: (x: number) => x | 0 },
  formula: "i32(x)",
  domain: [wide],
});

export const toU32 = scalarFunction({
  ...shared,
  name: "toU32",
  signature: anyTo("u32"),
  evaluate: (x: number | boolean) => saturate(Number(x), 0, 4294967295),
  integer: { i32: (x: number) => x >>> 0, u32: (x: number) => x },
  formula: "u32(x)",
  domain: [wide],
});

export const toBool = scalarFunction({
  ...shared,
  name: "toBool",
  signature: anyTo("bool"),
  evaluate: (x: number | boolean) => Number(x) !== 0,
  formula: "x ≠ 0",
  domain: [wide],
  expansion: (x) => (x.type === "bool" ? x : notEqual.of(x, 0)),
});

/** Rounds to f32, which every f32 element is already. */
export const fround = scalarFunction({
  ...shared,
  name: "fround",
  signature: floats,
  evaluate: Math.fround,
  formula: "x",
  derivative: [() => 1],
  domain: [wide],
  expansion: (x) => x,
});

/** The bits of an f32 as an integer. */
export const f32ToBits = scalarFunction({
  ...shared,
  name: "f32ToBits",
  signature: only(["f32"], "i32"),
  evaluate: (x: number) => {
    f32[0] = x;
    return i32[0] as number;
  },
  formula: "bits of x",
  domain: [wide],
});

/** The f32 of these bits. */
export const bitsToF32 = scalarFunction({
  ...shared,
  name: "bitsToF32",
  signature: only(["i32"], "f32"),
  evaluate: (x: number) => {
    i32[0] = x;
    return f32[0] as number;
  },
  formula: "f32 of bits x",
  domain: [[0x3f000000, 0x40800000]],
});
