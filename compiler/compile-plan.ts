/** A program becomes a plan for a class of devices. */

import type { Plan } from "../runtime/plan.ts";
import { type Assembler, openAssembler } from "./codegen/assemble.ts";
import type { Signature } from "./frontend/read.ts";
import type { Program } from "./ir/program.ts";
import type { Kernel } from "./kernel/kernel.ts";
import { nameValues } from "./name-values.ts";
import { split } from "./optimise/split.ts";
import { planOf } from "./plan.ts";
import { checkMemory } from "./plan-memory.ts";
import type { Computed } from "./schedule/computed.ts";
import type { ContractionSchedule } from "./schedule/contraction.ts";
import { scheduleContraction } from "./schedule/contraction-schedules.ts";
import { type DeviceClassName, deviceClasses } from "./schedule/device-class.ts";
import { defaultWeightBudget, lowerWithin } from "./schedule/lower-within.ts";
import { kernelsOf, type Lowered } from "./schedule/steps.ts";
import { checkNames, placesOf } from "./signature.ts";

export interface PlanOptions {
  readonly device: DeviceClassName;
  /** Names of parameters whose values are frozen when weights are bound, and of those that a call spends. */
  readonly bind?: readonly string[];
  readonly donate?: readonly string[];
  /** Bytes that a call may take on the device, all in all; a program that needs more is refused. */
  readonly memory?: number;
  /**
   * The memory of the forms in which calls read bound parameters, packed or transformed, as a multiple of the parameters' own.
   * Where even the smallest forms take more, those are taken; with less memory, calls are slower. If nothing is said it is 1.65,
   * or 1.4 times the smallest forms, or 256 MiB, whichever is most.
   */
  readonly weightRatio?: number;
  readonly schedule?: ContractionSchedule;
  /** Told of each kernel before it is printed. */
  readonly onKernel?: (kernel: Kernel) => void;
  /** Told of each decision of fusion, layout and schedules. */
  readonly onDecision?: (line: string) => void;
}

/** A plan with what it is made of. */
export interface Compilation {
  readonly plan: Plan;
  /** By the numbers that steps of the plan give kernels. */
  readonly kernels: readonly Kernel[];
  readonly decisions: readonly string[];
  /** What each kernel computes, by the same numbers; nothing for those that prepare something for another. */
  readonly computes: readonly (Computed | undefined)[];
  readonly valueOf: Lowered["valueOf"];
  readonly preparedFrom: Lowered["preparedFrom"];
}

/** `program` is optimised, and has no named functions left that the device does not know. */
export const compileDevice = async (
  name: string,
  program: Program,
  signature: Signature,
  options: PlanOptions,
): Promise<Compilation> =>
  compileWith(options.device === "wasm" ? await openAssembler() : undefined, name, program, signature, options);

/** The plan alone. */
export const compilePlan = async (...args: Parameters<typeof compileDevice>): Promise<Plan> =>
  (await compileDevice(...args)).plan;

/** `compilePlan`, where the assembler is at hand. */
export const compilePlanWith = (...args: Parameters<typeof compileWith>): Plan => compileWith(...args).plan;

const compileWith = (
  assembler: Assembler | undefined,
  name: string,
  program: Program,
  signature: Signature,
  options: PlanOptions,
): Compilation => {
  const { bind = [], donate = [], schedule = scheduleContraction, memory, onDecision, onKernel } = options;
  const { weightRatio: ratio } = options;
  if (ratio !== undefined && !(ratio > 0)) throw new RangeError(`weightRatio is ${ratio}; it must be a number above 0`);
  const budget = ratio === undefined ? defaultWeightBudget : { ratio, overSmallest: 1, least: 0 };
  checkNames(name, signature, { bind, donate });
  nameValues(program);
  const device = deviceClasses[options.device];
  const parts = split(program, placesOf(signature, bind));
  const lowered = lowerWithin(parts, { device, schedule }, budget);
  if (onDecision !== undefined) lowered.log.forEach(onDecision);
  if (onKernel !== undefined) for (const kernel of kernelsOf([...lowered.load, ...lowered.call])) onKernel(kernel);
  const { plan, kernels, computes } = planOf(lowered, device, { name, program, signature, bind, donate }, assembler);
  checkMemory(plan, memory);
  return {
    plan,
    kernels,
    decisions: lowered.log,
    computes,
    valueOf: lowered.valueOf,
    preparedFrom: lowered.preparedFrom,
  };
};
