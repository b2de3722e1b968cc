/** Meanings that no other implementation in JavaScript checks, against published values and identities. */

import { describe, expect, it } from "vitest";
import { derivative } from "../../../dsl/scalar/derivative.ts";
import { constant, type Expression, input, toFunction } from "../../../dsl/scalar/expression.ts";
import * as scalar from "../../../dsl/scalar/index.ts";

const relative = (value: number, exact: number): number => Math.abs(value - exact) / Math.abs(exact);

describe("erf and erfc", () => {
  // From mpmath 1.3 at 30 digits.
  it.each([
    [-5.5, -0.9999999999999927, 1.9999999999999927],
    [-1.25, -0.9229001282564583, 1.9229001282564582],
    [-0.75, -0.7111556336535151, 1.7111556336535152],
    [1e-10, 1.1283791670955126e-10, 0.999999999887162],
    [0.25, 0.27632639016823696, 0.7236736098317631],
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [0.95, 0.8208908072732779, 0.17910919272672207],
    [1, 0.8427007929497149, 0.15729920705028513],
    [1.05, 0.8624361060900967, 0.13756389390990328],
    [1.5, 0.9661051464753108, 0.033894853524689274],
    [2.5, 0.999593047982555, 0.0004069520174449589],
    [4, 0.9999999845827421, 1.541725790028002e-8],
    [9, 1, 4.13703174651381e-37],
    [20, 1, 5.395865611607901e-176],
  ])("at %d", (x, erf, erfc) => {
    expect(relative(scalar.erf(x), erf)).toBeLessThan(2e-15);
    expect(relative(scalar.erfc(x), erfc)).toBeLessThan(2e-15);
  });

  it("end in 1, 0 and 2, and are odd", () => {
    expect([scalar.erf(Infinity), scalar.erf(-Infinity), scalar.erf(0), scalar.erf(NaN)]).toEqual([1, -1, 0, NaN]);
    expect([scalar.erfc(Infinity), scalar.erfc(-Infinity), scalar.erfc(0), scalar.erfc(NaN)]).toEqual([0, 2, 1, NaN]);
    expect(scalar.erf(-0.4)).toBe(-scalar.erf(0.4));
  });
});

describe("erfInv", () => {
  // From mpmath at 40 digits.
  it.each([
    [1e-10, 8.862269254527581e-11],
    [0.1, 0.08885599049425769],
    [0.25, 0.2253120550121781],
    [0.5, 0.4769362762044699],
    [0.9, 1.1630871536766743],
    [0.99999, 3.123413274341571],
    [1 - 2 ** -53, 5.8635847487551676],
  ])("at ±%d", (x, due) => {
    expect(relative(scalar.erfInv(x), due)).toBeLessThan(2e-15);
    expect(scalar.erfInv(-x)).toBe(-scalar.erfInv(x));
  });

  it("is infinite at ±1, and NaN beyond", () => {
    expect([-1, 1, 1.5, Number.NaN, 0].map((x) => scalar.erfInv(x))).toEqual([-Infinity, Infinity, NaN, NaN, 0]);
  });
});

describe("activations", () => {
  it("vanish at −∞ and keep ∞", () => {
    for (const f of [scalar.silu, scalar.gelu, scalar.geluTanh, scalar.softplus, scalar.relu]) {
      expect(Math.abs(f(-Infinity))).toBe(0);
      expect(f(Infinity)).toBe(Infinity);
      expect(f(Number.NaN)).toBeNaN();
    }
    expect(scalar.sigmoid(-800)).toBe(0);
    expect(scalar.logSigmoid(-800)).toBe(-800);
  });

  it("agree with each other", () => {
    for (const x of [-3, -0.5, 0.2, 4]) {
      expect(scalar.gelu(x)).toBeCloseTo((x / 2) * (1 + scalar.erf(x / Math.SQRT2)), 14);
      const inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
      expect(scalar.geluTanh(x)).toBeCloseTo((x / 2) * (1 + Math.tanh(inner)), 14);
      expect(scalar.logSigmoid(x)).toBeCloseTo(Math.log(scalar.sigmoid(x)), 14);
    }
  });
});

it("the derivative of hardtanh at its bounds is 0, that of clamp 1", () => {
  const slope = (x: Expression): number => toFunction(derivative(x, 0, constant(1)) as Expression)(1) as number;
  expect([slope(scalar.hardtanh.of(input(0))), slope(scalar.clamp.of(input(0), -1, 1))]).toEqual([0, 1]);
});

it("rounds halves to even, and Math's halves up", () => {
  const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
  expect(halves.map(scalar.nearest)).toEqual([-2, -2, -0, 0, 2, 2, 4]);
  expect(halves.map((x) => scalar.round(x))).toEqual([-2, -1, -0, 1, 2, 3, 4]);
  expect(scalar.nearest(0.49999999999999994)).toBe(0);
});

describe("integers", () => {
  const { add, mul, div, rem, neg, abs, not, shl, shrs, shru } = scalar;

  it("wrap", () => {
    expect(add.record.meaningFor(["i32", "i32"])(2147483647, 1)).toBe(-2147483648);
    expect(add.record.meaningFor(["u32", "u32"])(4294967295, 2)).toBe(1);
    expect(mul.record.meaningFor(["u32", "u32"])(0xdeadbeef, 0x12345679)).toBe(Math.imul(0xdeadbeef, 0x12345679) >>> 0);
    expect(neg.record.meaningFor(["u32"])(1)).toBe(4294967295);
    expect(abs.record.meaningFor(["i32"])(-2147483648)).toBe(-2147483648);
    expect(not.record.meaningFor(["u32"])(0)).toBe(4294967295);
  });

  it("divide towards 0, and by 0 to 0", () => {
    expect(div.record.meaningFor(["i32", "i32"])(-7, 2)).toBe(-3);
    expect(div.record.meaningFor(["i32", "i32"])(7, 0)).toBe(0);
    expect(rem.record.meaningFor(["i32", "i32"])(-7, 2)).toBe(-1);
    expect(rem.record.meaningFor(["u32", "u32"])(7, 0)).toBe(0);
  });

  it("shift", () => {
    expect([shl(1, 31), shrs(-8, 1), shru(4294967288, 1)]).toEqual([-2147483648, -4, 2147483644]);
    expect(shl.record.meaningFor(["u32", "u32"])(1, 31)).toBe(2147483648);
  });
});

describe("conversions", () => {
  it("from a float cut off, saturate and take NaN for 0", () => {
    expect([1.9, -1.9, 3e9, -3e9, Infinity, NaN].map(scalar.toI32)).toEqual([
      1, -1, 2147483647, -2147483648, 2147483647, 0,
    ]);
    expect([1.9, -1.9, 5e9, -Infinity, NaN].map(scalar.toU32)).toEqual([1, 0, 4294967295, 0, 0]);
  });

  it("keep the bits between i32 and u32, and count booleans", () => {
    expect(scalar.toU32.record.meaningFor(["i32"])(-1)).toBe(4294967295);
    expect(scalar.toI32.record.meaningFor(["u32"])(4294967295)).toBe(-1);
    expect([scalar.toF32(true), scalar.toI32(false), scalar.toBool(NaN), scalar.toBool(-0)]).toEqual([
      1,
      0,
      true,
      false,
    ]);
  });

  it("read and write the bits of an f32", () => {
    expect(scalar.f32ToBits(1)).toBe(0x3f800000);
    expect(scalar.f32ToBits(-0)).toBe(-2147483648);
    expect(scalar.bitsToF32(0x40490fdb)).toBe(Math.fround(Math.PI));
  });
});
