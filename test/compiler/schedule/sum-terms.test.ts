/** Sums of several terms: a contraction whose sum is cut into pieces gives what the whole one gives. */

import { describe, expect, it } from "vitest";
import type { Kernel } from "../../../compiler/kernel/kernel.ts";
import type { Contraction, ScheduleServices } from "../../../compiler/schedule/contraction.ts";
import { flopsOf } from "../../../compiler/schedule/contraction-form.ts";
import { schedulePlain } from "../../../compiler/schedule/contraction-plain.ts";
import { scheduleTile } from "../../../compiler/schedule/contraction-tile.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { scheduleGpuContraction } from "../../../compiler/schedule/gpu-contraction.ts";
import { convolutionSample, cutSum, matmulSample, type Sample } from "../../support/contractions.ts";
import { expectResults } from "../../support/expect-contraction.ts";
import { expectByKernel } from "../../support/interpret-contraction.ts";
import { contractionServices } from "../../support/run-contraction.ts";

type Schedule = (contraction: Contraction, services: ScheduleServices) => readonly Kernel[] | undefined;

const check = async (
  sample: Sample,
  cuts: readonly number[],
  schedule: Schedule,
  frozen: boolean,
  device: keyof typeof deviceClasses = "wasm",
): Promise<readonly Kernel[]> => {
  const services = contractionServices(frozen ? [sample.b] : [], deviceClasses[device]);
  const kernels = schedule(cutSum(sample, cuts), services);
  if (kernels === undefined) throw new Error(`${sample.contraction.name} has no schedule`);
  await expectResults([...services.derived, ...kernels], sample);
  return kernels;
};

const samples: readonly (readonly [Sample, readonly number[]])[] = [
  [matmulSample([1, 16, 24, 20]), [8]],
  [matmulSample([1, 5, 12, 7]), [3, 4]],
  [matmulSample([1, 7, 1, 30]), [10]],
  [matmulSample([1, 1, 100, 33]), [32]],
  [matmulSample([3, 17, 31, 19]), [1, 2, 3]],
  [matmulSample([4, 33, 36, 16], "mhk", "nhk", "hmn"), [8]],
  [matmulSample([1, 32, 32, 64], "km", "kn", "mn"), [24]],
  [convolutionSample({ n: 2, height: 7, width: 5, ci: 12, co: 20, kernel: 1 }), [4]],
  [convolutionSample({ n: 2, height: 4, width: 4, ci: 8, co: 16, stride: 2 }), [3]],
  [convolutionSample({ n: 2, height: 5, width: 6, ci: 8, co: 12 }), [4]],
  [convolutionSample({ n: 1, height: 6, width: 4, ci: 16, co: 24, groups: 2 }), [4]],
  [convolutionSample({ n: 2, height: 4, width: 8, ci: 8, co: 16, result: ["n", "g", "o", "y", "x"] }), [2]],
];

/** Terms of several blocks: the second alone, and both. */
const longSamples: typeof samples = [
  [matmulSample([1, 9, 20, 4596]), [500]],
  [matmulSample([1, 12, 8, 5000], "km", "kn", "mn"), [2400]],
];

/** Sums in parts, some of which have steps of two terms; terms that lie differently; few rows, whose sum is parted. */
const gpuSamples: typeof samples = [
  [convolutionSample({ n: 1, height: 4, width: 4, ci: 136, co: 16, kernel: 1 }), [40]],
  [matmulSample([1, 16, 16, 168], "mk", "nk", "mn"), [40, 100]],
  [matmulSample([1, 36, 36, 70], "mk", "nk", "mn"), [30]],
  [matmulSample([1, 3, 24, 300], "mk", "nk", "mn"), [96]],
  [matmulSample([1, 2, 40, 260], "mk", "kn", "mn"), [33]],
];

describe("a sum of several terms", () => {
  for (const [sample, cuts] of longSamples)
    it(`${sample.contraction.name} cut at ${cuts}, in blocks`, async () => {
      await check(sample, cuts, scheduleTile, true);
    });

  for (const [sample, cuts] of samples) {
    const title = `${sample.contraction.name} cut at ${cuts}`;
    for (const frozen of [true, false])
      it(`${title}, tiled${frozen ? ", frozen" : ""}`, async () => {
        await check(sample, cuts, scheduleTile, frozen);
      });
    it(`${title}, one tile a point`, async () => {
      await check(sample, cuts, scheduleTile, false, "software");
    });
    it(`${title}, each result by itself`, async () => {
      await check(sample, cuts, schedulePlain, false);
    });
  }

  // The interpreter takes its time for workgroups.
  for (const [i, [sample, cuts]] of [...samples, ...gpuSamples].entries()) {
    const frozen = i % 2 === 0;
    it(`${sample.contraction.name} cut at ${cuts}, by workgroups${frozen ? ", frozen" : ""}`, async () => {
      const services = contractionServices(frozen ? [sample.b] : [], deviceClasses.webgpu);
      const contraction = cutSum(sample, cuts);
      const kernels = scheduleGpuContraction(contraction, services) ?? schedulePlain(contraction, services);
      await expectByKernel([...services.derived, ...kernels], sample);
    });
  }

  it("is parted on a graphics processor where its terms meet, too", () => {
    const services = contractionServices([], deviceClasses.webgpu);
    const [[sample, cuts]] = gpuSamples as [(typeof gpuSamples)[number]];
    expect(scheduleGpuContraction(cutSum(sample, cuts), services)).toHaveLength(2);
    expect(services.lines.join()).toMatch(/the sum of 2 tensors, the sum in \d+ parts/);
  });

  it("is one kernel of as many operations as the whole sum", async () => {
    const sample = matmulSample([1, 64, 48, 40]);
    const kernels = await check(sample, [24], scheduleTile, true);
    expect(kernels).toHaveLength(1);
    expect(kernels[0]?.cost?.flops).toBe(flopsOf(sample.contraction));
  });
});
