/** Programs as plans for WebGPU, whose parameters and results are leaves. */

import { compilePlanWith } from "../../compiler/compile-plan.ts";
import type { Program } from "../../compiler/ir/program.ts";
import { checkKernel } from "../../compiler/kernel/check.ts";
import { optimise } from "../../compiler/passes.ts";
import { fromElements } from "../../dsl/evaluate.ts";
import type { AnyTensor } from "../../dsl/tensor.ts";
import type { Plan } from "../../runtime/plan.ts";

/** Parameters are named `p0`, `p1`, …; those for which `isBound` holds are bound. */
export const webgpuPlan = (
  program: Program,
  device: "software" | "webgpu",
  isBound: (parameter: number) => boolean = () => false,
): Plan =>
  compilePlanWith(
    undefined,
    "program",
    optimise(program, { keep: () => false }),
    {
      parameters: program.parameters.map((_, i) => ({ name: `p${i}`, structure: null })),
      result: program.results.map(() => null),
    },
    {
      device,
      bind: program.parameters.flatMap((_, i) => (isBound(i) ? [`p${i}`] : [])),
      onKernel: checkKernel,
    },
  );

const arrays = { f32: Float32Array, f16: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint8Array } as const;

/** Elements that a device gave, as tensors of the results' types. */
export const resultsOf = ({ results }: Program, elements: readonly ArrayLike<number>[]): AnyTensor[] =>
  results.map(({ type }, i) => fromElements(type, arrays[type.dtype].from(elements[i] as ArrayLike<number>)));
