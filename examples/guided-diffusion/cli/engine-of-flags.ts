/** The device that flags name. */

import { type Engine, type EngineName, openEngine } from "../sampling/engine.ts";
import { UsageError } from "./faults.ts";

export interface DeviceFlags {
  readonly device?: EngineName | undefined;
  readonly threads?: number | undefined;
}

/** @throws UsageError where the device that is named is not there */
export const engineOf = async ({ device, threads }: DeviceFlags): Promise<Engine> => {
  try {
    return await openEngine(device, threads);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "DeviceError") throw error;
    // What comes after the first clause speaks to those who write programs.
    const [reason = error.message] = error.message.split(";");
    throw new UsageError(`--device ${device}: ${reason}; take --device wasm`);
  }
};
