/** A program becomes a plan for a class of devices. */

import type { Plan } from "../runtime/plan.ts";
import { type Assembler, openAssembler } from "./codegen/assemble.ts";
import type { Signature } from "./frontend/read.ts";
import type { Program } from "./ir/program.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { split } from "./optimise/split.ts";
import { planOf } from "./plan.ts";
import type { ContractionSchedule } from "./schedule/contraction.ts";
import { scheduleContraction } from "./schedule/contraction-schedules.ts";
import { type DeviceClassName, deviceClasses } from "./schedule/device-class.ts";
import { kernelsOf, lower } from "./schedule/lower.ts";
import { checkNames, placesOf } from "./signature.ts";

export interface PlanOptions {
  readonly device: DeviceClassName;
  /** Names of parameters whose values are frozen when weights are bound, and of those that a call spends. */
  readonly bind?: readonly string[];
  readonly donate?: readonly string[];
  readonly schedule?: ContractionSchedule;
  /** Told of each kernel before it is printed. */
  readonly onKernel?: (kernel: Kernel) => void;
  /** Told of each decision of fusion, layout and schedules. */
  readonly onDecision?: (line: string) => void;
}

/** `program` is optimised, and has no named functions left that the device does not know. */
export const compilePlan = async (
  name: string,
  program: Program,
  signature: Signature,
  options: PlanOptions,
): Promise<Plan> =>
  compilePlanWith(options.device === "wasm" ? await openAssembler() : undefined, name, program, signature, options);

/** `compilePlan`, where the assembler is at hand. */
export const compilePlanWith = (
  assembler: Assembler | undefined,
  name: string,
  program: Program,
  signature: Signature,
  { device: deviceName, bind = [], donate = [], schedule = scheduleContraction, onDecision, onKernel }: PlanOptions,
): Plan => {
  checkNames(name, signature, { bind, donate });
  const device = deviceClasses[deviceName];
  const parted = split(program, placesOf(signature, bind));
  const lowered = lower(parted, { device, schedule });
  if (onDecision !== undefined) lowered.log.forEach(onDecision);
  if (onKernel !== undefined) for (const kernel of kernelsOf([...lowered.load, ...lowered.call])) onKernel(kernel);
  return planOf(lowered, device, { name, program, signature, bind, donate }, assembler);
};
