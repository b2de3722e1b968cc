/** A function as a plan in a device: the one that is kept from an earlier run, or compiled now. */

import { readFileSync } from "node:fs";
import type { DeviceCompileOptions } from "typegrad/compiler";
import { type AnyFunction, type Device, decodePlan, encodePlan, type Loaded, type Plan } from "typegrad/runtime";
import { keyOf, type PlanCache } from "./plan-cache.ts";
import { sourcesDigest } from "./sources-digest.ts";

/** Where programs run, and where their plans are kept, if they are. */
export interface Target {
  readonly device: Device;
  readonly plans?: PlanCache | undefined;
}

/** What a program is compiled for: data alone, since a plan is found again by it. */
export interface PlanTask extends Pick<DeviceCompileOptions, "dims" | "statics" | "specs" | "bind" | "donate"> {
  /** The file that exports the function: a URL, since text may be a path as well. */
  readonly source: URL;
}

/** The plan of an earlier run, unless there is none, or what is kept is damaged or of another version. */
const keptPlan = (plans: PlanCache, key: string): Plan | undefined => {
  const bytes = plans.read(key);
  if (bytes === undefined) return undefined;
  try {
    return decodePlan(bytes);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "PlanError") throw error;
    return undefined;
  }
};

/**
 * Compiles a function for a device, and loads it there; or loads the plan that an earlier run left.
 * @throws CompileError, DeviceError
 */
export const loadCompiled = async <F extends AnyFunction>(
  f: F,
  task: PlanTask,
  { device, plans }: Target,
): Promise<Loaded<F>> => {
  const { source, ...specialised } = task;
  const compileNow = async (): Promise<Loaded<F>> => {
    // A plan that is kept needs no compiler, whose own start takes half a second.
    const { compile } = await import("typegrad/compiler");
    return (await compile(f, { ...specialised, source: source.href, device })).loaded;
  };
  if (plans === undefined) return compileNow();
  const key = keyOf(sourcesDigest(), readFileSync(source, "utf8"), f.name, specialised, device.kind, device.software);
  const kept = keptPlan(plans, key);
  if (kept !== undefined) return device.load<F>(kept);
  const loaded = await compileNow();
  plans.write(key, encodePlan(loaded.plan));
  return loaded;
};
