/** What commands compile: an export of a file, for a device that is named. */

import { deviceProgramOf } from "../compile.ts";
import { type Compilation, compileDevice } from "../compile-plan.ts";
import { openSources } from "../frontend/source.ts";
import type { Program } from "../ir/program.ts";
import type { DeviceClassName } from "../schedule/device-class.ts";
import { type CompileFlags, namedTarget, readOptions } from "./flags.ts";

export const compileTarget = async (
  text: string,
  { device = "wasm", bind, donate, memory, ...flags }: CompileFlags,
): Promise<Compilation & { readonly program: Program; readonly device: DeviceClassName }> => {
  const { file, name } = namedTarget(text);
  const { program, signature } = deviceProgramOf(openSources(), file, name, readOptions(flags));
  const compilation = await compileDevice(name, program, signature, {
    device,
    ...(bind && { bind }),
    ...(donate && { donate }),
    ...(memory !== undefined && { memory }),
  });
  return { ...compilation, program, device };
};
