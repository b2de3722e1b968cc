/** What `typegrad/compiler` exports. */

export {
  type Compiled,
  type CompileOptions,
  compile,
  type DeviceCompiled,
  type DeviceCompileOptions,
} from "./compile.ts";
export { compilePlan, type PlanOptions } from "./compile-plan.ts";
export { CompileError, type Diagnostic } from "./diagnostics.ts";
export type { Spec } from "./frontend/entry.ts";
export type { Signature } from "./frontend/read.ts";
export type { Program } from "./ir/program.ts";
export type { DeviceChoice } from "./on-device.ts";
