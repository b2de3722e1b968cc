/** What `typegrad/compiler` exports. */

export { type Compiled, type CompileOptions, compile } from "./compile.ts";
export { CompileError, type Diagnostic } from "./diagnostics.ts";
export type { Spec } from "./frontend/entry.ts";
export type { Program } from "./ir/program.ts";
