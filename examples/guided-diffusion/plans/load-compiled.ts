/** A function as a plan in a device: the one that is kept from an earlier run, or compiled now. */

import { readFileSync } from "node:fs";
import { type AnyFunction, type Device, decodePlan, type Loaded, type Plan } from "typegrad/runtime";
import { apart } from "../processes/apart.ts";
import type { compiledPlan, PlanRequest } from "./compiled-plan.ts";
import { keyOf, type PlanCache } from "./plan-cache.ts";
import { freshSourcesDigest, sourcesDigest } from "./sources-digest.ts";

/** Where programs run, and where their plans are kept, if they are. */
export interface Target {
  readonly device: Device;
  readonly plans?: PlanCache | undefined;
  /** Ends compiling. */
  readonly signal?: AbortSignal | undefined;
}

/** What a program is compiled for: data alone, since a plan is found again by it. */
export interface PlanTask extends Omit<PlanRequest, "source" | "name" | "device"> {
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
 * Compiles a function for a device, and loads it there; or loads the plan that an earlier run left. The compiler takes
 * hundreds of megabytes, several times what it makes, and so runs in a process of its own.
 * @throws CompileError, DeviceError; the signal's reason where compiling is ended
 */
export const loadCompiled = async <F extends AnyFunction>(
  f: F,
  task: PlanTask,
  { device, plans, signal }: Target,
): Promise<Loaded<F>> => {
  const { source, ...specialised } = task;
  const compileNow = (): Promise<Uint8Array> =>
    apart<typeof compiledPlan>(
      new URL("./compiled-plan.ts", import.meta.url),
      "compiledPlan",
      [
        {
          ...specialised,
          source: source.href,
          name: f.name,
          device: device.kind === "webgpu" && device.software ? "software" : device.kind,
        },
      ],
      signal,
    );
  if (plans === undefined) return device.load<F>(await compileNow());
  const keyAt = (digest: string): string =>
    keyOf(digest, readFileSync(source, "utf8"), f.name, specialised, device.kind, device.software);
  const key = keyAt(sourcesDigest());
  const kept = keptPlan(plans, key);
  if (kept !== undefined) return device.load<F>(kept);
  const compiled = await compileNow();
  // The compiler has read the sources after the key was made of them: what has changed meanwhile is of another key.
  if (keyAt(freshSourcesDigest()) === key) plans.write(key, compiled);
  return device.load<F>(compiled);
};
