/** The schedules of contractions, in the order in which they are tried. The last fits everything. */

import type { DeviceKind } from "../../runtime/plan.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Contraction, ContractionSchedule, ScheduleServices } from "./contraction.ts";
import { bestForm } from "./contraction-form.ts";
import { plainPrice, schedulePlain } from "./contraction-plain.ts";
import { scheduleTile } from "./contraction-tile.ts";
import { scheduleWinograd } from "./contraction-winograd.ts";
import { scheduleGpuContraction } from "./gpu-contraction.ts";

/** No operand is used often enough for tiles to pay. */
const schedulePlainWhereCheap: ContractionSchedule = (contraction, services) => {
  const tiled = bestForm(contraction, services)?.price ?? Number.POSITIVE_INFINITY;
  const price = plainPrice(contraction);
  if (price > tiled) return undefined;
  services.log(`${contraction.name}: each result by itself`);
  return schedulePlain(contraction, services);
};

/** By kind of device. Winograd's blocks live in the caches and the scratch of a thread that is alone. */
const schedules: Readonly<Record<DeviceKind, readonly ContractionSchedule[]>> = {
  wasm: [scheduleWinograd, schedulePlainWhereCheap, scheduleTile],
  webgpu: [scheduleGpuContraction, schedulePlainWhereCheap, scheduleTile],
};

export const scheduleContraction = (contraction: Contraction, services: ScheduleServices): readonly Kernel[] => {
  for (const schedule of schedules[services.device.kind]) {
    const kernels = schedule(contraction, services);
    if (kernels !== undefined) return kernels;
  }
  return schedulePlain(contraction, services);
};
