/** A program compiled for WebAssembly, as a stage that tests compare with the direct run. */

import { openAssembler } from "../../compiler/codegen/assemble.ts";
import { compilePlanWith, type PlanOptions } from "../../compiler/compile-plan.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { checkKernel } from "../../compiler/kernel/check.ts";
import { optimise } from "../../compiler/passes.ts";
import { denseOf, fromElements } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { Plan } from "../../runtime/plan.ts";
import { openPlan } from "./run-plan.ts";
import type { Stage } from "./stages.ts";

const assembler = await openAssembler();

export interface WasmStageOptions {
  /** Numbers of threads to run with, one after the other; results must be equal bit by bit. */
  readonly parts?: readonly number[];
  /** Which parameters are bound. */
  readonly bind?: (parameter: number) => boolean;
  /** Whether the relaxed form is run; where the engine has it, as the runtime decides, if nothing is said. */
  readonly relaxed?: boolean;
  readonly schedule?: PlanOptions["schedule"];
}

/** Compiles a program, parameters `p0`, `p1`, …, and checks each kernel. */
export const wasmPlanOf = (program: Program, bind: readonly string[] = [], options: Partial<PlanOptions> = {}): Plan =>
  compilePlanWith(
    assembler,
    "program",
    optimise(program, { keep: () => false }),
    {
      parameters: program.parameters.map((_, i) => ({ name: `p${i}`, structure: null })),
      result: program.results.map(() => null),
    },
    { device: "wasm", bind, onKernel: checkKernel, ...options },
  );

const arrays = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array } as const;

const sameBits = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  Array.from(a).every((value, i) => Object.is(value, b[i]));

export const wasmStage = (
  program: Program,
  { parts = [1], bind: isBound = () => false, relaxed, schedule }: WasmStageOptions = {},
): Stage => ({
  name: `wasm${relaxed ? ", relaxed" : ""}${program.parameters.some((_, i) => isBound(i)) ? ", bound" : ""}`,
  run: (operands) => {
    const bound = program.parameters.flatMap((_, i) => (isBound(i) ? [`p${i}`] : []));
    const plan = wasmPlanOf(program, bound, schedule && { schedule });
    const form = relaxed ?? WebAssembly.validate(plan.modules?.relaxed as BufferSource);
    const values = operands.map((operand) => denseOf("a test", operand).data);
    const runIn = (count: number): ArrayLike<number>[] => {
      const run = openPlan(
        plan,
        values.filter((_, i) => isBound(i)),
        count,
        form,
      );
      return run.call(values.filter((_, i) => !isBound(i)));
    };
    const [due = [], ...others] = parts.map(runIn);
    others.forEach((found, k) => {
      const at = found.findIndex((elements, i) => !sameBits(elements, due[i] as ArrayLike<number>));
      if (at >= 0)
        throw new Error(
          `result ${at} differs between ${parts[0]} and ${parts[k + 1]} parts: ${Array.from(due[at] as ArrayLike<number>)} and ${Array.from(found[at] as ArrayLike<number>)}`,
        );
    });
    return due.map((elements, i): AnyTensor => {
      const { type } = program.results[i] as Program["results"][number];
      const data = arrays[type.dtype].from(elements);
      return fromElements(type, data);
    });
  },
});

/** In one part and three; where the number of parameters is odd, with every other one bound. */
export const wasmStages = (program: Program): readonly Stage[] => {
  const isHalfBound = program.parameters.length % 2 === 1;
  return [wasmStage(program, { parts: [1, 3], bind: (i) => isHalfBound && i % 2 === 0 })];
};
