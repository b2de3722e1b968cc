import { describe, expect, it } from "vitest";
import { wgsl } from "../../../compiler/codegen/wgsl.ts";
import type { Kernel } from "../../../compiler/kernel/kernel.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { scheduleGpuContraction } from "../../../compiler/schedule/gpu-contraction.ts";
import {
  convolutionSample,
  cutSum,
  matmulSample,
  type Sample,
  weightGradientSample,
} from "../../support/contractions.ts";
import { expectByKernel } from "../../support/interpret-contraction.ts";
import { contractionServices } from "../../support/run-contraction.ts";
import { runWgslKernel } from "../../support/run-wgsl-kernel.ts";
import { openTestGpu, validateWgsl } from "../../support/webgpu.ts";

const device = await openTestGpu();

const kernelsOf = (sample: Sample, cuts: readonly number[] = []): readonly Kernel[] => {
  const services = contractionServices([sample.b], deviceClasses.webgpu);
  const contraction = cuts.length === 0 ? sample.contraction : cutSum(sample, cuts);
  const kernels = scheduleGpuContraction(contraction, services) as readonly Kernel[];
  return [...services.derived, ...kernels];
};

describe.skipIf(device === undefined)("contractions of a graphics processor as WGSL", () => {
  const gpu = device as GPUDevice;

  it("is valid for the sizes of networks", async () => {
    const samples = [
      matmulSample([1, 1024, 1024, 1024], "mk", "kn", "mn"),
      matmulSample([12, 256, 256, 64], "mhk", "nhk", "hmn"),
      matmulSample([1, 1, 1536, 768], "mk", "nk", "mn"),
      matmulSample([1, 4, 1536, 768], "mk", "kn", "mn"),
      convolutionSample({ n: 4, height: 64, width: 64, ci: 192, co: 192 }),
      convolutionSample({ n: 1, height: 8, width: 8, ci: 1536, co: 768 }),
      convolutionSample({ n: 1, height: 64, width: 64, ci: 3, co: 192 }),
      convolutionSample({ n: 1, height: 64, width: 64, ci: 192, co: 6 }),
      weightGradientSample({ n: 4, height: 32, width: 32, ci: 128, co: 128 }),
    ];
    for (const sample of samples) for (const kernel of kernelsOf(sample)) await validateWgsl(gpu, wgsl(kernel).text);
    const joined = convolutionSample({ n: 4, height: 32, width: 32, ci: 576, co: 192, kernel: 1 });
    for (const kernel of kernelsOf(joined, [384])) await validateWgsl(gpu, wgsl(kernel).text);
    expect(samples.length).toBeGreaterThan(0);
  });

  for (const sample of [
    matmulSample([1, 40, 36, 100], "mk", "kn", "mn"),
    convolutionSample({ n: 2, height: 7, width: 6, ci: 16, co: 20 }),
    matmulSample([1, 3, 40, 140], "mk", "nk", "mn"),
  ])
    it(sample.contraction.name, async () => {
      await expectByKernel(kernelsOf(sample), sample, (kernel, args) => runWgslKernel(gpu, kernel, args));
    });

  for (const [sample, cuts] of [
    [convolutionSample({ n: 1, height: 5, width: 5, ci: 320, co: 20, kernel: 1 }), [120]],
    [matmulSample([1, 3, 40, 300], "mk", "nk", "mn"), [96]],
  ] as const)
    it(`${sample.contraction.name}, joined at ${cuts}`, async () => {
      await expectByKernel(kernelsOf(sample, cuts), sample, (kernel, args) => runWgslKernel(gpu, kernel, args));
    });
});
