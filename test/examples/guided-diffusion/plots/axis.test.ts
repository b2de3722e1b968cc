/** Where values lie on axes, and which are written. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Axis, doublingAxis, linearAxis, logAxis } from "../../../../examples/guided-diffusion/plots/axis.ts";

const texts = ({ ticks }: Axis): string[] => ticks.map(({ text }) => text);
const within = (axis: Axis, values: readonly number[]): void => {
  for (const value of values) {
    expect(axis.place(value)).toBeGreaterThanOrEqual(-1e-6);
    expect(axis.place(value)).toBeLessThanOrEqual(1 + 1e-6);
  }
  expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
  expect(axis.ticks.length).toBeLessThanOrEqual(20);
  expect(new Set(texts(axis)).size).toBe(axis.ticks.length);
};

describe("a linear axis", () => {
  test("has round ticks", () => {
    expect(texts(linearAxis("", [0.64, 0.93], { include: [1] }))).toEqual(["0.6", "0.7", "0.8", "0.9", "1"]);
    expect(texts(linearAxis("", [8.9, 48.1], { include: [0] }))).toEqual(["0", "10", "20", "30", "40", "50"]);
    expect(linearAxis("", [0, 50]).place(25)).toBeCloseTo(0.5, 12);
  });

  test("holds all values, one alone too", () => {
    const value = fc.double({ min: -1e4, max: 1e4, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-3);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => {
        const spread = Math.max(...values) - Math.min(...values);
        fc.pre(spread === 0 || spread > 1e-3 * Math.max(...values.map(Math.abs)));
        within(linearAxis("", values), values);
      }),
    );
  });
});

describe("a logarithmic axis", () => {
  test("has round ticks", () => {
    expect(texts(logAxis("", [0.03, 0.9]))).toEqual(["0.02", "0.05", "0.1", "0.2", "0.5", "1"]);
    expect(texts(logAxis("", [1e-4, 2]))).toEqual(["0.0001", "0.001", "0.01", "0.1", "1", "10"]);
  });

  test("holds all values", () => {
    const value = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), (values) => within(logAxis("", values), values)),
    );
  });
});

test("an axis of doublings has a place for 0 and writes the values alone", () => {
  const axis = doublingAxis("scale", [4, 0, 1, 4, 16]);
  expect(texts(axis)).toEqual(["0", "1", "4", "16"]);
  within(axis, [0, 1, 4, 16]);
  expect(axis.place(1) - axis.place(0)).toBeCloseTo(axis.place(15) - axis.place(7), 12);
});
