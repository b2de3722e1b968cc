import { describe, expect, it } from "vitest";
import { scheduleContraction } from "../../../compiler/schedule/contraction-schedules.ts";
import { scheduleWinograd } from "../../../compiler/schedule/contraction-winograd.ts";
import { winogradDefaults } from "../../../compiler/schedule/winograd-choice.ts";
import { convolutionSample } from "../../support/contractions.ts";
import { expectResults, relativeError } from "../../support/expect-contraction.ts";
import { contractionServices } from "../../support/run-contraction.ts";

/** What the log says of a convolution with frozen weights. */
const logOf = (shape: Parameters<typeof convolutionSample>[0], options = winogradDefaults): string => {
  const sample = convolutionSample(shape);
  const services = contractionServices([sample.b]);
  scheduleWinograd(sample.contraction, services, options);
  return services.lines.join("\n");
};

describe("Winograd's schedules", () => {
  const shapes = [
    { n: 1, height: 16, width: 16, ci: 8, co: 16 },
    { n: 3, height: 8, width: 12, ci: 12, co: 40 },
    { n: 7, height: 4, width: 4, ci: 16, co: 16 },
    { n: 1, height: 6, width: 10, ci: 16, co: 24 },
    { n: 9, height: 16, width: 16, ci: 8, co: 8 },
    { n: 1, height: 8, width: 8, ci: 16, co: 16, result: ["n", "g", "o", "y", "x"] },
  ];
  for (const shape of shapes)
    for (const sizes of [[4, 2], [2]] as const)
      it(`${JSON.stringify(shape)}, ${sizes.length > 1 ? "F(4 × 4) where it fits" : "F(2 × 2)"}`, async () => {
        const sample = convolutionSample(shape);
        const services = contractionServices([sample.b]);
        const kernels = scheduleWinograd(sample.contraction, services, { ...winogradDefaults, sizes, bytePrice: 0 });
        const large = sizes.length > 1 && shape.height % 4 === 0 && shape.width % 4 === 0;
        expect(services.lines.at(-1)).toContain(large ? "F(4 × 4" : "F(2 × 2");
        await expectResults([...services.derived, ...(kernels ?? [])], sample, "plain", large ? 8e-6 : 2e-6);
      });

  it("errs as much as the choice takes for granted", async () => {
    const sample = convolutionSample({ n: 1, height: 16, width: 16, ci: 64, co: 16 });
    for (const [size, granted] of [
      [4, 9.3e-8],
      [2, 3.2e-8],
    ] as const) {
      const services = contractionServices([sample.b]);
      const options = { ...winogradDefaults, sizes: [size], bytePrice: 0 };
      const kernels = scheduleWinograd(sample.contraction, services, options);
      const error = await relativeError([...services.derived, ...(kernels ?? [])], sample);
      expect(error / (granted * Math.sqrt(64))).toBeGreaterThan(0.3);
      expect(error / (granted * Math.sqrt(64))).toBeLessThan(1.3);
    }
  });

  it("transforms weights for many pixels, to larger ones for more, and leaves them for few", () => {
    const shape = { n: 1, ci: 256, co: 256 };
    expect(logOf({ ...shape, height: 32, width: 32 })).toContain("F(4 × 4, 3 × 3): ");
    expect(logOf({ ...shape, height: 16, width: 16 })).toContain("F(2 × 2, 3 × 3): ");
    expect(logOf({ ...shape, height: 8, width: 8 })).toContain("direct: transforms would cost more than they save");
  });

  it("leaves to direct schedules what it does not fit, and says why", () => {
    expect(logOf({ n: 1, height: 7, width: 8, ci: 8, co: 8 })).toContain("7 × 8 is no multiple of 2");
    expect(logOf({ n: 1, height: 8, width: 8, ci: 3, co: 8 })).toContain("3 → 8 channels are no multiples of 4 and 8");
    const shape = { n: 1, height: 32, width: 32, ci: 64, co: 64 };
    expect(logOf(shape, { ...winogradDefaults, weightBytes: 1000 })).toContain("weights of 589824 bytes exceed 1000");
    const exact = logOf(shape, { ...winogradDefaults, error: 5e-7 });
    expect(exact).toContain("not F(4 × 4): an error of 7.4e-7 exceeds 5e-7");
    expect(exact).toContain("F(2 × 2, 3 × 3): ");
  });

  it("is first in the list", () => {
    const sample = convolutionSample({ n: 1, height: 32, width: 32, ci: 16, co: 16 });
    const services = contractionServices([sample.b]);
    scheduleContraction(sample.contraction, services);
    expect(services.lines.at(-1)).toContain("F(4 × 4, 3 × 3)");
  });
});
