import { describe, expect, it } from "vitest";
import { numericDerivative } from "../../../dsl/scalar/numeric.ts";
import { sampler } from "./samples.ts";

type F = (x: number) => number;

const points = (low: number, high: number): number[] => {
  const random = sampler(11);
  return Array.from({ length: 80 }, () => low + (high - low) * random());
};
const magnitudes = (low: number, high: number): number[] => {
  const random = sampler(12);
  return Array.from({ length: 80 }, () => low * (high / low) ** random());
};

describe("smooth functions", () => {
  it.each<[string, F, F, number[]]>([
    ["exp", Math.exp, Math.exp, points(-20, 20)],
    ["log, over 24 magnitudes", Math.log, (x) => 1 / x, magnitudes(1e-12, 1e12)],
    ["log near 0.01", Math.log, (x) => 1 / x, points(0.009, 0.011)],
    ["sqrt", Math.sqrt, (x) => 0.5 / Math.sqrt(x), magnitudes(1e-9, 1e9)],
    ["reciprocal", (x) => 1 / x, (x) => -1 / (x * x), magnitudes(1e-8, 1e8)],
    ["a cube near 300", (x) => x ** 3, (x) => 3 * x * x, points(290, 310)],
    ["a cube near 1e-3", (x) => x ** 3, (x) => 3 * x * x, magnitudes(1e-4, 1e-2)],
    ["sin near 300", Math.sin, Math.cos, points(300.1, 301.5)],
    ["a fast sine", (x) => Math.sin(1000 * x), (x) => 1000 * Math.cos(1000 * x), points(0, 1e-3)],
    ["a narrow bell", (x) => Math.exp(-50 * x * x), (x) => -100 * x * Math.exp(-50 * x * x), points(0.05, 0.5)],
    ["a high power", (x) => x ** 20, (x) => 20 * x ** 19, points(0.5, 2)],
    ["tanh", Math.tanh, (x) => 1 - Math.tanh(x) ** 2, points(-4, 4)],
    ["a line far up", (x) => 3 * x + 1e6, () => 3, points(-5, 5)],
    ["a constant", () => 7, () => 0, points(-5, 5)],
  ])("%s", (_, f, slope, xs) => {
    for (const x of xs) {
      const exact = slope(x);
      expect(Math.abs(numericDerivative(f, x) - exact), `at ${x}`).toBeLessThanOrEqual(1e-9 * Math.abs(exact));
    }
  });

  it("has the slope 0 at an extremum, and where a function has died out", () => {
    expect(numericDerivative(Math.cos, 0)).toBeCloseTo(0, 12);
    expect(numericDerivative((x) => x * x, 0)).toBeCloseTo(0, 12);
    expect(numericDerivative((x) => x * Math.abs(x), 0)).toBeCloseTo(0, 10);
    expect(numericDerivative(Math.tanh, 30)).toBe(0);
    expect(numericDerivative((x) => 1 / (1 + Math.exp(-100 * x)), 0.3)).toBeCloseTo(0, 10);
  });
});

describe("kinks and jumps", () => {
  it.each<[string, F, number]>([
    ["abs at 0", Math.abs, 0],
    ["relu at 0", (x) => Math.max(x, 0), 0],
    ["a slight kink", (x) => Math.max(x, 0.9 * x), 0],
    ["a kink at 300", (x) => Math.abs(x - 300), 300],
    ["a kink at 1e-3", (x) => Math.abs(x - 1e-3), 1e-3],
    ["floor at 2", Math.floor, 2],
    ["sign at 0", Math.sign, 0],
    ["a choice at its threshold", (x) => (x > 1 ? x : 1), 1],
    ["a root at 0", Math.sqrt, 0],
    ["a cube root at 0", Math.cbrt, 0],
    ["a pole", (x) => 1 / x, 0],
    ["outside the domain", Math.log, -1],
    ["infinity", () => Infinity, 1],
  ])("%s: no derivative", (_, f, x) => expect(numericDerivative(f, x)).toBeNaN());

  it("has one close beside them", () => {
    for (const distance of [1e-1, 1e-3, 1e-6, 1e-9]) {
      expect(numericDerivative((x) => Math.max(x, 0), distance)).toBe(1);
      expect(numericDerivative((x) => Math.max(x, 0), -distance)).toBe(0);
      expect(numericDerivative(Math.floor, 3 + distance)).toBe(0);
      expect(numericDerivative((x) => (x > 0 ? Math.sqrt(x) : 0), distance) * 2 * Math.sqrt(distance)).toBeCloseTo(
        1,
        9,
      );
    }
  });
});
