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

/** The root mean square of the errors, as a part of that of the results. */
export const relativeError = async (kernels: readonly Kernel[], sample: Sample): Promise<number> => {
  const inputs = inputsOf(sample);
  const result = await runContraction(kernels, inputs, sample.output);
  const expected = expectedOf(sample, inputs);
  let [square, norm] = [0, 0];
  for (const [i, value] of expected.entries()) {
    square += (value - (result[i] as number)) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(square / norm);
};
