/** What is drawn uniformly within a bound: none beyond it, some near both ends, and a mean near 0. */

import { expect } from "vitest";
import { type In, toHost } from "../../../dsl/index.ts";

export const withinBound = (x: In, bound: number): void => {
  const values = Array.from(toHost(x).data as Float32Array);
  const high = Math.max(...values);
  const low = Math.min(...values);
  expect(high).toBeLessThanOrEqual(bound);
  expect(low).toBeGreaterThanOrEqual(-bound);
  expect(high).toBeGreaterThan(0.9 * bound);
  expect(low).toBeLessThan(-0.9 * bound);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  // Four standard deviations of the mean of as many uniform numbers.
  expect(Math.abs(mean)).toBeLessThan((4 * bound) / Math.sqrt(3 * values.length));
};
