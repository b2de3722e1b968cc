import { describe, expect, it } from "vitest";
import { scheduleTile } from "../../../compiler/schedule/contraction-tile.ts";
import { type DeviceClass, deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { convolutionSample, matmulSample, type Sample, weightGradientSample } from "../../support/contractions.ts";
import { expectResults, relativeError } from "../../support/expect-contraction.ts";
import { contractionServices } from "../../support/run-contraction.ts";

const check = async (sample: Sample, frozen: boolean, device: DeviceClass = deviceClasses.wasm): Promise<void> => {
  const services = contractionServices(frozen ? [sample.b] : [], device);
  const kernels = scheduleTile(sample.contraction, services);
  if (kernels === undefined) throw new Error(`${sample.contraction.name} has no schedule`);
  await expectResults([...services.derived, ...kernels], sample);
};

const samples: readonly Sample[] = [
  matmulSample([1, 8, 8, 8]),
  matmulSample([1, 16, 24, 20]),
  matmulSample([1, 5, 12, 7]),
  matmulSample([1, 13, 9, 11]),
  matmulSample([1, 4, 3, 30]),
  matmulSample([1, 37, 3, 30]),
  matmulSample([1, 7, 1, 30]),
  matmulSample([1, 1, 100, 33]),
  matmulSample([1, 2, 72, 33]),
  matmulSample([1, 3, 40, 33]),
  matmulSample([3, 17, 31, 19]),
  matmulSample([2, 64, 48, 32]),
  matmulSample([1, 64, 48, 32], "mk", "kn", "nm"),
  matmulSample([4, 33, 36, 16], "mhk", "nhk", "hmn"),
  matmulSample([4, 33, 36, 16], "hmk", "khn", "mhn"),
  matmulSample([1, 32, 32, 64], "km", "kn", "mn"),
  matmulSample([1, 12, 8, 5000], "km", "kn", "mn"),
  matmulSample([1, 6, 5, 4096], "mk", "kn", "mn"),
  convolutionSample({ n: 2, height: 8, width: 8, ci: 8, co: 16 }),
  convolutionSample({ n: 1, height: 5, width: 7, ci: 3, co: 12 }),
  convolutionSample({ n: 1, height: 6, width: 2, ci: 4, co: 8 }),
  convolutionSample({ n: 2, height: 6, width: 6, ci: 8, co: 3 }),
  convolutionSample({ n: 2, height: 6, width: 6, ci: 8, co: 3, result: ["n", "g", "o", "y", "x"] }),
  convolutionSample({ n: 2, height: 4, width: 8, ci: 8, co: 16, result: ["n", "g", "o", "y", "x"] }),
  convolutionSample({ n: 2, height: 4, width: 4, ci: 8, co: 16, stride: 2 }),
  convolutionSample({ n: 2, height: 7, width: 5, ci: 12, co: 20, kernel: 1 }),
  convolutionSample({ n: 1, height: 6, width: 4, ci: 16, co: 24, groups: 2 }),
  convolutionSample({ n: 2, height: 4, width: 4, ci: 12, co: 12, groups: 12 }),
  weightGradientSample({ n: 2, height: 8, width: 8, ci: 16, co: 12 }),
  weightGradientSample({ n: 2, height: 32, width: 32, ci: 8, co: 8, kernel: 1 }),
  weightGradientSample({ n: 1, height: 17, width: 31, ci: 8, co: 8 }),
  weightGradientSample({ n: 2, height: 8, width: 8, ci: 16, co: 12 }, ["o", "c", "i", "j"]),
];

describe("the register tile", () => {
  for (const sample of samples)
    for (const frozen of [true, false])
      it(`${sample.contraction.name}${frozen ? ", frozen" : ""}`, () => check(sample, frozen));

  // What runs on WebGPU is the same loops, which WebAssembly can run too.
  for (const sample of samples)
    it(`${sample.contraction.name}, one tile a point`, () => check(sample, false, deviceClasses.software));

  it("errs little more in a long sum than in a short one", async () => {
    const errorOf = async (steps: number): Promise<number> => {
      const sample = matmulSample([1, 16, 16, steps]);
      const services = contractionServices([sample.b]);
      const kernels = scheduleTile(sample.contraction, services) ?? [];
      return relativeError([...services.derived, ...kernels], sample);
    };
    // In one go, 4096 steps would err eight times as much as 64.
    expect((await errorOf(4096)) / (await errorOf(64))).toBeLessThan(3);
  });
});
