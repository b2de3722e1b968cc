/** A program compiled for WebAssembly, as a stage that tests compare with the direct run. */

import { compilePlanWith } from "../../compiler/compile-plan.ts";
import { openAssembler } from "../../compiler/codegen/assemble.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { optimise } from "../../compiler/passes.ts";
import { denseOf, fromElements } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { ContractionSchedule } from "../../compiler/schedule/contraction.ts";
import { checkKernel } from "../../compiler/kernel/check.ts";
import { openPlan } from "./run-plan.ts";
import type { Stage } from "./stages.ts";

const assembler = await openAssembler();

/** Parameters as leaves, `p0`, `p1`, …; every other one bound where `bind` says so. */
const signatureOf = (program: Program) => ({
  parameters: program.parameters.map((_, i) => ({ name: `p${i}`, structure: null })),
  result: program.results.map(() => null),
});

export const wasmStage = (
  program: Program,
  { parts = 1, bind = false, schedule }: { parts?: number; bind?: boolean; schedule?: ContractionSchedule } = {},
): Stage => ({
  name: `wasm${parts > 1 ? `, ${parts} parts` : ""}${bind ? ", half bound" : ""}`,
  run: (operands) => {
    const isBound = (i: number): boolean => bind && i % 2 === 0;
    const signature = signatureOf(program);
    const plan = compilePlanWith(assembler, "program", optimise(program, { keep: () => false }), signature, {
      device: "wasm",
      bind: signature.parameters.flatMap(({ name }, i) => (isBound(i) ? [name] : [])),
      onKernel: checkKernel,
      ...(schedule && { schedule }),
    });
    const values = operands.map((operand) => denseOf("a test", operand).data);
    const run = openPlan(
      plan,
      values.filter((_, i) => isBound(i)),
      parts,
    );
    const results = run.call(values.filter((_, i) => !isBound(i)));
    return results.map((elements, i): AnyTensor => {
      const { type } = program.results[i] as Program["results"][number];
      const data =
        type.dtype === "i32"
          ? Int32Array.from(elements)
          : type.dtype === "u32"
            ? Uint32Array.from(elements)
            : type.dtype === "bool"
              ? Uint8Array.from(elements)
              : Float32Array.from(elements);
      return fromElements(type, data);
    });
  },
});
