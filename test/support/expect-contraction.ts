/** Holds what kernels compute against plain loops. */

import { expect } from "vitest";
import type { Kernel } from "../../compiler/kernel/kernel.ts";
import { expectedOf, inputsOf, type Sample } from "./contractions.ts";
import { runContraction } from "./run-contraction.ts";

/** Holds the results against f64: rounding of a sum grows with the root of its length. */
export const expectResults = async (
  kernels: readonly Kernel[],
  sample: Sample,
  form: "plain" | "relaxed" = "plain",
  tolerance = 2e-6,
): Promise<void> => {
  const inputs = inputsOf(sample);
  const result = await runContraction(kernels, inputs, sample.output, form);
  const expected = expectedOf(sample, inputs);
  const steps = sample.contraction.axes.reduce(
    (size, { role, variable }) => size * (role === "sum" ? variable.size : 1),
    1,
  );
  const errors = Array.from(expected, (value, i) => Math.abs(value - (result[i] as number)));
  const worst = errors.reduce((most, error) => (error <= most ? most : error), 0);
  expect(errors.some(Number.isNaN), `${sample.contraction.name} leaves results unwritten`).toBe(false);
  expect(worst, sample.contraction.name).toBeLessThan(tolerance * Math.sqrt(steps) + 1e-5);
};
