/**
 * The pipeline: source → Program → optimised Program → something to call; on a device, by a plan. Each arrow is a function of
 * another file: `read.ts`, `passes.ts`, `compile-plan.ts`.
 */

import path from "node:path";
import { fileURLToPath } from "node:url";
import type { AnyTensor } from "../dsl/tensor.ts";
import type { Argument, Device, Loaded } from "../runtime/index.ts";
import type { Plan } from "../runtime/plan.ts";
import { callable, type Runner } from "./call.ts";
import { compilePlan, type PlanOptions } from "./compile-plan.ts";
import { type ReadOptions, readProgram, type Signature } from "./frontend/read.ts";
import { openSources, type Sources } from "./frontend/source.ts";
import { evaluate } from "./ir/interpret.ts";
import type { Program } from "./ir/program.ts";
import { type DeviceChoice, openChoice, runnerOf } from "./on-device.ts";
import { split } from "./optimise/split.ts";
import { optimise, type RunOptions } from "./passes.ts";
import { checkNames, placesOf } from "./signature.ts";

// biome-ignore lint/suspicious/noExplicitAny: the type of the function itself says what it takes
type AnyFunction = (...args: any) => unknown;

export interface CompileOptions extends ReadOptions {
  /** The file that exports the function: its path or URL, `import.meta.url` where they are in one file. */
  readonly source: string;
  /** The name of the export, where it is not the function's own. */
  readonly name?: string;
  /** Parameters whose values are frozen: what depends on them alone is computed once, by `bind`. */
  readonly bind?: readonly string[];
  /** Where it runs; in plain loops of JavaScript, if nothing is said. */
  readonly device?: "evaluator";
  readonly passes?: RunOptions;
}

export interface DeviceCompileOptions
  extends Omit<CompileOptions, "device">,
    Omit<PlanOptions, "device" | "bind" | "schedule"> {
  /**
   * `"wasm"`, `"webgpu"`, `"software"` (WebGPU by an adapter that computes on the processor): a device of that kind, opened
   * once in this process. Or one that `openDevice` gave.
   */
  readonly device: DeviceChoice;
  /** Of a WASM device that is opened by name: as many threads as the machine runs at once, if nothing is said. */
  readonly threads?: number;
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

type Either<P extends unknown[]> = { [K in keyof P]: P[K] | Argument<P[K]> };

/** The same on a device. Calls copy tensors there and results back; device tensors and host data may be passed too. */
export interface DeviceCompiled<F extends AnyFunction> extends Pick<Compiled<F>, "bind" | "program" | "signature"> {
  (...args: Either<Parameters<F>>): Promise<ReturnType<F>>;
  readonly plan: Plan;
  readonly device: Device;
  /** The plan in the device: calls of it take host data and device tensors, and leave their results on the device. */
  readonly loaded: Loaded<F>;
}

interface Compile {
  <F extends AnyFunction>(f: F, options: CompileOptions): Promise<Compiled<F>>;
  <F extends AnyFunction>(f: F, options: DeviceCompileOptions): Promise<DeviceCompiled<F>>;
}

const fileOf = (source: string): string => (source.startsWith("file:") ? fileURLToPath(source) : path.resolve(source));

/** Reads and optimises the function that a file exports. */
export const programOf = (
  sources: Sources,
  file: string,
  name: string,
  options: ReadOptions & { readonly passes?: RunOptions | undefined } = {},
): { readonly program: Program; readonly signature: Signature } => {
  const { program, signature } = readProgram(sources, file, name, options);
  return { program: optimise(program, options.passes), signature };
};

/** The same for devices, which know no named functions: those are their bodies. */
export const deviceProgramOf: typeof programOf = (sources, file, name, options = {}) =>
  programOf(sources, file, name, { ...options, passes: { ...options.passes, keep: () => false } });

const evaluatorOf = (program: Program, bound: ReadonlySet<number>): Runner => {
  const run = async (operands: readonly unknown[]) => evaluate(program, operands as readonly AnyTensor[]);
  return {
    takes: () => false,
    run,
    bind: async (frozen) => {
      const { load, call } = split(program, bound);
      const loaded = evaluate(load, frozen as readonly AnyTensor[]);
      return async (operands) => evaluate(call, [...(operands as readonly AnyTensor[]), ...loaded]);
    },
  };
};

/**
 * Compiles a function of tensors from its source.
 * @throws CompileError with every diagnostic: places, why, and what to write instead; DeviceError where the device is not
 *   there, or its memory does not hold the program
 */
export const compile = (async (f: AnyFunction, options: CompileOptions | DeviceCompileOptions) => {
  const { source, name = f.name, bind = [], device: choice = "evaluator" } = options;
  if (choice === "evaluator") {
    const { program, signature } = programOf(openSources(), fileOf(source), name, options);
    checkNames(name, signature, { bind });
    const runner = evaluatorOf(program, placesOf(signature, bind));
    return Object.assign(callable(name, program, signature, bind, runner), { program, signature });
  }
  const { device, name: deviceName } = await openChoice(choice, (options as DeviceCompileOptions).threads);
  const { program, signature } = deviceProgramOf(openSources(), fileOf(source), name, options);
  const plan = await compilePlan(name, program, signature, { ...options, device: deviceName });
  const loaded = await device.load(plan);
  const called = callable(name, program, signature, bind, runnerOf(loaded, signature));
  return Object.assign(called, { program, signature, plan, device, loaded });
}) as unknown as Compile;
