/** A function as the bytes of a plan: all that is asked of the compiler, which comes with TypeScript's. */

import { compile, compilePlan, type DeviceCompileOptions, type PlanOptions } from "typegrad/compiler";
import { encodePlan } from "typegrad/runtime";

/** What a program is compiled for: plain data. */
export interface PlanRequest extends Pick<DeviceCompileOptions, "dims" | "statics" | "specs" | "bind" | "donate"> {
  /** The URL of the file that exports the function. */
  readonly source: string;
  readonly name: string;
  readonly device: PlanOptions["device"];
}

/** @throws CompileError; DeviceError where the plan needs more memory than such devices have */
export const compiledPlan = async ({ name, device, ...request }: PlanRequest): Promise<Uint8Array> => {
  // Devices know no named functions, so none is kept.
  const options = { ...request, name, passes: { keep: () => false } };
  const { program, signature } = await compile(() => undefined, options);
  return encodePlan(await compilePlan(name, program, signature, { ...request, device }));
};
