import { describe, expect, it } from "vitest";
import { gridSize } from "../../../compiler/kernel/kernel.ts";
import { schedulePlain } from "../../../compiler/schedule/contraction-plain.ts";
import { scheduleContraction } from "../../../compiler/schedule/contraction-schedules.ts";
import { convolutionSample, matmulSample, weightGradientSample } from "../../support/contractions.ts";
import { expectResults } from "../../support/expect-contraction.ts";
import { contractionServices } from "../../support/run-contraction.ts";

const samples = [
  matmulSample([1, 1, 1, 30]),
  matmulSample([1, 3, 5, 7]),
  matmulSample([2, 3, 8, 7]),
  matmulSample([2, 3, 8, 7], "hmk", "hnk"),
  matmulSample([2, 8, 3, 7], "hkm", "hkn", "hnm"),
  convolutionSample({ n: 2, height: 4, width: 4, ci: 4, co: 8, stride: 2 }),
  convolutionSample({ n: 2, height: 4, width: 4, ci: 12, co: 12, groups: 12, result: ["n", "y", "x", "o", "g"] }),
  weightGradientSample({ n: 1, height: 4, width: 5, ci: 4, co: 3 }),
];

describe("the plain schedule", () => {
  for (const sample of samples)
    it(sample.contraction.name, () => {
      const services = contractionServices();
      const kernels = schedulePlain(sample.contraction, services);
      return expectResults([...services.derived, ...kernels], sample);
    });

  it("computes four results a point where they lie side by side", () => {
    const depthwise = samples[6] as (typeof samples)[number];
    const [kernel] = schedulePlain(depthwise.contraction, contractionServices());
    expect(gridSize(kernel as NonNullable<typeof kernel>)).toBe((2 * 4 * 4 * 12) / 4);
  });

  it("is taken for depthwise convolutions, and not for products", () => {
    const services = contractionServices();
    scheduleContraction((samples[6] as (typeof samples)[number]).contraction, services);
    scheduleContraction(matmulSample([1, 64, 64, 64]).contraction, services);
    expect(services.lines.map((line) => line.includes("each result by itself"))).toEqual([true, false]);
  });
});
