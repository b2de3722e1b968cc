/**
 * Writes contractions of networks in several tiles and numbers of parts, to be timed on a device: what `gpu-tiles.ts`
 * prices is measured so.
 *
 *   tsx --conditions=typegrad-source test/device/pack-tiles.ts [FOLDER]
 */

import type { Kernel } from "../../compiler/kernel/kernel.ts";
import { sizeOf } from "../../compiler/schedule/contraction-form.ts";
import { deviceClasses } from "../../compiler/schedule/device-class.ts";
import { gpuTileKernels } from "../../compiler/schedule/gpu-contraction.ts";
import { gpuForm, stepsOf } from "../../compiler/schedule/gpu-form.ts";
import { withEvenOperands } from "../../compiler/schedule/gpu-pack.ts";
import { type GpuSize, gpuCut, gpuCutBy, gpuTiles, threadsOf } from "../../compiler/schedule/gpu-tiles.ts";
import { convolutionSample, matmulSample, type Sample, weightGradientSample } from "../support/contractions.ts";
import { contractionServices } from "../support/run-contraction.ts";
import { caseOf, writeCase } from "./cases.ts";

const folder = process.argv[2] ?? ".cache/device-cases";
const device = deviceClasses.webgpu;

const samples: Readonly<Record<string, Sample>> = {
  "matmul 1024": matmulSample([1, 1024, 1024, 1024], "mk", "kn", "mn"),
  "conv 128 @32": convolutionSample({ n: 1, height: 32, width: 32, ci: 128, co: 128 }),
  "conv 128 @32 batch 8": convolutionSample({ n: 8, height: 32, width: 32, ci: 128, co: 128 }),
  "conv 192 @64": convolutionSample({ n: 1, height: 64, width: 64, ci: 192, co: 192 }),
  "conv 768 @8": convolutionSample({ n: 1, height: 8, width: 8, ci: 768, co: 768 }),
  "weight gradient 128 @32": weightGradientSample({ n: 4, height: 32, width: 32, ci: 128, co: 128 }),
  "scores 12 x 256": matmulSample([12, 256, 256, 64], "mhk", "nhk", "hmn"),
};

let count = 0;
/** The kernels of one way, one after another in a case each. Where the sum has parts, the second adds them. */
const write = (name: string, kernels: readonly Kernel[]): void => {
  for (const [i, kernel] of kernels.entries()) {
    const named = { ...kernel, name: `${name} ${i === 0 ? "main" : "sum"}` };
    const args = kernel.buffers.map(({ size }) => size);
    writeCase(folder, caseOf(named, args, [], { repeats: 20 }));
    count++;
  }
};

for (const [name, sample] of Object.entries(samples)) {
  const services = contractionServices([sample.b], device);
  const form = withEvenOperands(gpuForm(sample.contraction), services);
  const size: GpuSize = {
    batch: sizeOf(form.batch),
    rows: sizeOf(form.rows),
    columns: sizeOf(form.columns),
    steps: stepsOf(form),
  };
  const chosen = gpuCut(size, device);
  for (const tile of gpuTiles.slice(0, 7))
    for (const parts of [1, 2, 4, 8, 16]) {
      const cut = gpuCutBy(tile, size, parts);
      const threads = size.batch * cut.rowTiles * cut.columnTiles * cut.parts * threadsOf(tile);
      const isOne = cut.parts === parts && threads >= device.parallelism / 4 && threads <= 2 * device.parallelism;
      if (!isOne && !(parts === 1 && threads >= device.parallelism)) continue;
      const isChosen = chosen?.tile === tile && chosen.parts === cut.parts;
      write(
        `${name}, ${tile.rows} x ${tile.columns}, ${parts} parts${isChosen ? ", chosen" : ""}`,
        gpuTileKernels(form, cut, services),
      );
    }
}
console.log(`${count} cases in ${folder}`);
