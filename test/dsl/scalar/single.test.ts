import { expect, it } from "vitest";
import { input } from "../../../dsl/scalar/expression.ts";
import { add, fma, mul, sub } from "../../../dsl/scalar/index.ts";
import { singleFunction } from "../../../dsl/scalar/single.ts";
import { sampler } from "./samples.ts";

const [a, b, c] = [input(0), input(1), input(2)];

it("rounds every step and every constant", () => {
  const f = singleFunction(sub.of(add.of(a, 0.1), a));
  expect(f(2 ** 24)).toBe(0);
  expect(f(0)).toBe(Math.fround(0.1));
});

it("rounds fma once, a product and a sum twice", () => {
  const x = 1 + 2 ** -12;
  const y = -(1 + 2 ** -11);
  expect(singleFunction(fma.of(a, b, c))(x, x, y)).toBe(2 ** -24);
  expect(singleFunction(add.of(mul.of(a, b), c))(x, x, y)).toBe(0);
});

/** a · b + c in units of 2⁻²⁰⁰, rounded to 24 bits, halves to even. */
const exactFma = (a: number, b: number, c: number): number => {
  const scaled = (x: number, bits: number): bigint => BigInt(x * 2 ** bits);
  const sum = scaled(a, 60) * scaled(b, 60) + (scaled(c, 60) << 60n);
  if (sum === 0n) return 0;
  const magnitude = sum < 0n ? -sum : sum;
  const drop = BigInt(Math.max(0, magnitude.toString(2).length - 24));
  const unit = 1n << drop;
  const below = magnitude / unit;
  const twice = 2n * (magnitude % unit);
  const nearest = twice > unit || (twice === unit && below % 2n === 1n) ? below + 1n : below;
  return (sum < 0n ? -1 : 1) * Number(nearest * unit) * 2 ** -120;
};

it("gives the fma of exact arithmetic", () => {
  const random = sampler(3);
  const draw = (): number => Math.fround((random() - 0.5) * 2 ** Math.floor(random() * 24));
  const f = singleFunction(fma.of(a, b, c));
  for (let i = 0; i < 2000; i++) {
    const [x, y] = [draw(), draw()];
    // Often a sum that lies near the middle of two f32.
    const z = i % 2 === 0 ? draw() : Math.fround(-x * y * (1 + 2 ** -Math.floor(random() * 30)));
    expect(f(x, y, z), `fma(${x}, ${y}, ${z})`).toBe(exactFma(x, y, z));
  }
});

it("breaks a tie of f32 by the bits that f64 lost", () => {
  // 1 + 2⁻²⁴ is the middle of two f32; a · b adds less than f64 holds beside it.
  expect(singleFunction(fma.of(a, b, c))(2 ** -60, 2 ** -60, 1 + 2 ** -23)).toBe(1 + 2 ** -23);
  expect(singleFunction(fma.of(a, b, c))(1 + 2 ** -12, 2 ** -12 - 2 ** -24, 1)).toBe(
    exactFma(1 + 2 ** -12, 2 ** -12 - 2 ** -24, 1),
  );
});
