/**
 * The pipeline: source → Program → optimised Program → something to call.
 *
 * The passes are a list, and this file is nothing else; what each does is in its own file.
 */

import path from "node:path";
import { fileURLToPath } from "node:url";
import { callable } from "./call.ts";
import { type ReadOptions, readProgram, type Signature } from "./frontend/read.ts";
import { openSources, type Sources } from "./frontend/source.ts";
import { evaluate } from "./ir/interpret.ts";
import type { Program } from "./ir/program.ts";
import { split } from "./optimise/split.ts";
import { optimise, type RunOptions } from "./passes.ts";

// biome-ignore lint/suspicious/noExplicitAny: the type of the function itself says what it takes
type AnyFunction = (...args: any) => unknown;

export interface CompileOptions extends ReadOptions {
  /** The file that exports the function: its path or URL, `import.meta.url` where they are in one file. */
  readonly source: string;
  /** The name of the export, where it is not the function's own. */
  readonly name?: string;
  /** Parameters whose values are frozen: what depends on them alone is computed once, by `bind`. */
  readonly bind?: readonly string[];
  /** Where it runs. */
  readonly device?: "evaluator";
  readonly passes?: RunOptions;
}

/** A function that was compiled: the arguments and the result are those of the function. */
export interface Compiled<F extends AnyFunction> {
  (...args: Parameters<F>): Promise<ReturnType<F>>;
  /** Freezes the parameters named in `bind`; the result takes the others, in their order. */
  readonly bind: (
    values: Readonly<Record<string, unknown>>,
  ) => Promise<(...args: readonly unknown[]) => Promise<ReturnType<F>>>;
  readonly program: Program;
  readonly signature: Signature;
}

const fileOf = (source: string): string => (source.startsWith("file:") ? fileURLToPath(source) : path.resolve(source));

/** Reads and optimises the function that a file exports. */
export const programOf = (
  sources: Sources,
  file: string,
  name: string,
  options: ReadOptions & { readonly passes?: RunOptions } = {},
) => {
  const { program, signature } = readProgram(sources, file, name, options);
  return { program: optimise(program, options.passes), signature };
};

/**
 * Compiles a function of tensors from its source.
 * @throws CompileError with every diagnostic: places, why, and what to write instead
 */
export const compile = async <F extends AnyFunction>(f: F, options: CompileOptions): Promise<Compiled<F>> => {
  const name = options.name ?? f.name;
  const { program, signature } = programOf(openSources(), fileOf(options.source), name, options);
  return callable<F>(name, program, signature, options.bind ?? [], {
    evaluate,
    split: (bound) => split(program, bound),
  });
};
