/** Runs a contraction's kernels by the interpreter of kernels, and holds what they give against plain loops. */

import { expect } from "vitest";
import { checkKernel } from "../../compiler/kernel/check.ts";
import type { Buffer, Kernel } from "../../compiler/kernel/kernel.ts";
import { expectedOf, inputsOf, type Sample } from "./contractions.ts";
import { type Elements, interpretKernel } from "./kernel-interpreter.ts";

/** What runs a kernel on its arguments. */
export type RunKernel = (kernel: Kernel, args: readonly Elements[]) => void | Promise<void>;

export const expectByKernel = async (
  kernels: readonly Kernel[],
  sample: Sample,
  run: RunKernel = (kernel, args) => interpretKernel(kernel, args),
): Promise<void> => {
  const inputs = inputsOf(sample);
  const memory = new Map<Buffer, Float32Array>(inputs);
  for (const kernel of kernels) {
    checkKernel(kernel);
    const args = kernel.buffers.map((buffer) => {
      const data = memory.get(buffer) ?? new Float32Array(buffer.size).fill(Number.NaN);
      memory.set(buffer, data);
      return data;
    });
    await run(kernel, args);
  }
  const result = memory.get(sample.output) as Float32Array;
  const expected = expectedOf(sample, inputs);
  const sums = sample.contraction.axes.filter(({ role }) => role === "sum");
  const steps = sums.reduce((size, { variable }) => size * variable.size, 1);
  const worst = expected.reduce((most, value, i) => {
    const error = Math.abs(value - (result[i] as number));
    return error <= most ? most : error;
  }, 0);
  expect(worst, sample.contraction.name).toBeLessThan(2e-6 * Math.sqrt(steps) + 1e-5);
};
