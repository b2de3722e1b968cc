/** The device that flags name, and where plans for it are kept. */

import path from "node:path";
import type { Target } from "../plans/load-compiled.ts";
import { openPlanCache, type PlanCache } from "../plans/plan-cache.ts";
import { packageFolder } from "../plans/sources-digest.ts";
import { type Engine, type EngineName, openEngine, openNamed } from "../sampling/engine.ts";
import { UsageError } from "./faults.ts";

export interface DeviceFlags {
  readonly device?: EngineName | undefined;
  readonly threads?: number | undefined;
  readonly plan_cache?: string | undefined;
}

/** Of the project, whatever folder the command is run in. */
export const defaultPlanCache = path.join(packageFolder, ".cache", "plans");

export const plansOf = ({ plan_cache = defaultPlanCache }: DeviceFlags): PlanCache | undefined =>
  plan_cache === "none" ? undefined : openPlanCache(plan_cache);

/** What opens a device, its errors in the words of flags. */
const opened = async <T>(device: EngineName | undefined, opening: Promise<T>): Promise<T> => {
  try {
    return await opening;
  } catch (error) {
    if (device === undefined || !(error instanceof Error) || error.name !== "DeviceError") throw error;
    // What comes after the first clause speaks to those who write programs.
    const [reason = error.message] = error.message.split(";");
    throw new UsageError(`--device ${device}: ${reason}; take --device wasm`);
  }
};

/** @throws UsageError where the device that is named is not there */
export const engineOf = (flags: DeviceFlags): Promise<Engine> =>
  opened(flags.device, openEngine(flags.device, flags.threads, plansOf(flags)));

/**
 * For what runs compiled alone; the signal ends compiling.
 * @throws UsageError where the device that is named is not there, or computes in plain loops
 */
export const targetOf = async (flags: DeviceFlags, signal?: AbortSignal): Promise<Target> => {
  const { device, threads } = flags;
  if (device === "direct")
    throw new UsageError("--device direct: this command runs compiled programs alone; take wasm or webgpu");
  return { device: await opened(device, openNamed(device, threads)), plans: plansOf(flags), signal };
};
