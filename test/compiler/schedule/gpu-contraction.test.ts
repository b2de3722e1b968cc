import { describe, expect, it } from "vitest";
import type { Kernel } from "../../../compiler/kernel/kernel.ts";
import { sizeOf } from "../../../compiler/schedule/contraction-form.ts";
import { deviceClasses } from "../../../compiler/schedule/device-class.ts";
import { gpuTileKernels, scheduleGpuContraction } from "../../../compiler/schedule/gpu-contraction.ts";
import { gpuForm, stepsOf } from "../../../compiler/schedule/gpu-form.ts";
import { withEvenOperands } from "../../../compiler/schedule/gpu-pack.ts";
import { type GpuTile, gpuCutBy, gpuTiles } from "../../../compiler/schedule/gpu-tiles.ts";
import { convolutionSample, matmulSample, type Sample, weightGradientSample } from "../../support/contractions.ts";
import { expectByKernel } from "../../support/interpret-contraction.ts";
import { contractionServices } from "../../support/run-contraction.ts";

const device = deviceClasses.webgpu;

/** The kernels by one tile, in as many parts. */
const byTile = (sample: Sample, tile: GpuTile, parts: number, frozen = false): readonly Kernel[] => {
  const services = contractionServices(frozen ? [sample.b] : [], device);
  const form = gpuForm(sample.contraction);
  const [batch, rows, columns] = [form.batch, form.rows, form.columns].map(sizeOf) as [number, number, number];
  const steps = stepsOf(form);
  const even = withEvenOperands(form, services);
  const kernels = gpuTileKernels(even, gpuCutBy(tile, { batch, rows, columns, steps }, parts), services);
  return [...services.derived, ...kernels];
};

const small = gpuTiles.find(({ rows, columns }) => rows === 32 && columns === 32) as GpuTile;

const samples: readonly Sample[] = [
  matmulSample([1, 32, 32, 32]),
  matmulSample([1, 40, 36, 20]),
  matmulSample([1, 13, 9, 11]),
  matmulSample([1, 37, 3, 30]),
  matmulSample([1, 5, 70, 64], "mk", "nk", "mn"),
  matmulSample([3, 17, 31, 19]),
  matmulSample([1, 34, 48, 32], "mk", "kn", "nm"),
  matmulSample([2, 33, 36, 16], "mhk", "nhk", "hmn"),
  matmulSample([2, 33, 36, 16], "hmk", "khn", "mhn"),
  matmulSample([1, 32, 32, 64], "km", "kn", "mn"),
  matmulSample([1, 12, 8, 300], "km", "kn", "mn"),
  convolutionSample({ n: 2, height: 8, width: 8, ci: 16, co: 16 }),
  convolutionSample({ n: 1, height: 5, width: 7, ci: 3, co: 12 }),
  convolutionSample({ n: 2, height: 4, width: 4, ci: 20, co: 12 }),
  convolutionSample({ n: 2, height: 6, width: 6, ci: 8, co: 3 }),
  convolutionSample({ n: 2, height: 4, width: 6, ci: 8, co: 10, result: ["n", "g", "o", "y", "x"] }),
  convolutionSample({ n: 2, height: 4, width: 4, ci: 8, co: 16, stride: 2 }),
  convolutionSample({ n: 1, height: 8, width: 8, ci: 16, co: 24, kernel: 1 }),
  convolutionSample({ n: 1, height: 4, width: 4, ci: 16, co: 16, groups: 2 }),
  weightGradientSample({ n: 2, height: 4, width: 4, ci: 8, co: 12 }),
  weightGradientSample({ n: 1, height: 5, width: 5, ci: 6, co: 5 }, ["o", "c", "i", "j"]),
];

describe("contractions in tiles of workgroup memory", () => {
  for (const sample of samples)
    for (const [parts, frozen] of [
      [1, false],
      [3, true],
    ] as const)
      it(`${sample.contraction.name}, at most ${parts} parts`, async () => {
        await expectByKernel(byTile(sample, small, parts, frozen), sample);
      });

  for (const tile of gpuTiles)
    it(`a tile of ${tile.rows} × ${tile.columns}`, async () => {
      const sample = matmulSample([1, tile.rows + 4, tile.columns, 32], "mk", "kn", "mn");
      await expectByKernel(byTile(sample, tile, 1), sample);
    });

  for (const [name, sample, frozen] of [
    ["vectors along the sum", matmulSample([1, 1, 24, 256], "mk", "nk", "mn"), false],
    ["vectors along the columns", matmulSample([1, 3, 40, 140], "mk", "kn", "mn"), false],
    ["elements", matmulSample([2, 2, 13, 131], "hmk", "hnk", "hmn"), false],
    ["one of few rows that lie apart", matmulSample([1, 5, 32, 128], "km", "nk", "mn"), true],
    ["results along the rows", matmulSample([1, 36, 2, 128], "mk", "kn", "nm"), true],
    ["a product of vectors", matmulSample([1, 1, 1, 1000], "mk", "kn", "mn"), false],
  ] as const)
    it(`products with few rows: ${name}`, async () => {
      const services = contractionServices(frozen ? [sample.b] : [], device);
      const kernels = scheduleGpuContraction(sample.contraction, services) as readonly Kernel[];
      expect(services.lines.join()).toContain("the sum parted among");
      await expectByKernel([...services.derived, ...kernels], sample);
    });

  it("fills the machine: large tiles for large results, parts of the sum for small ones", () => {
    const textOf = (sample: Sample): string => {
      const services = contractionServices([sample.b], device);
      scheduleGpuContraction(sample.contraction, services);
      return services.lines.join("\n");
    };
    expect(textOf(matmulSample([1, 4096, 4096, 4096], "mk", "kn", "mn"))).toContain("128 × 128 tiles of 256 threads");
    expect(textOf(convolutionSample({ n: 1, height: 8, width: 8, ci: 768, co: 768 }))).toMatch(/sum in \d+ parts/);
  });

  it("leaves devices without workgroup memory to others", () => {
    const { contraction } = matmulSample([1, 64, 64, 64]);
    expect(scheduleGpuContraction(contraction, contractionServices([], deviceClasses.software))).toBeUndefined();
  });
});
